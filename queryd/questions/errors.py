"""What fails, on which account, since when and whether it still does; what upstreams say; what clients saw of it."""

from collections.abc import Mapping
from typing import Any

from queryd import shapes
from queryd.aggregate.snapshot import Snapshot
from queryd.envelope import selection_shape, stamp
from queryd.figures.error_groups import FAILURES, ErrorGroup, error_groups
from queryd.figures.error_runs import OFTEN, Run, requests_since
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter, integer
from queryd.params.ranges import Span
from queryd.params.selection import SELECTION, Selection
from queryd.questions.error_messages import MESSAGES, messages, newest_rows, rows_each
from shared.clock import MILLISECOND, MINUTE
from shared.error_class import ErrorClass

LISTED = 10
"""The most models and keys of a group that are listed."""

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    integer("limit", "At most so many groups; `groups_total` says how many there are.", 1, 200, 50),
    integer(
        "now_minutes",
        f"A group fails now if within so many minutes it failed {OFTEN} times, or its account has not served since.",
        1,
        24 * 60,
        15,
    ),
)


def errors(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Errors:
    """`GET /errors`. Groups that fail now come first, then those with the most failures."""
    span = selection.span(*snapshot.bounds())
    recent_ms = selection.now // MILLISECOND - values["now_minutes"] * MINUTE // MILLISECOND
    groups = error_groups(snapshot, selection.filters, span, recent_ms)
    groups.sort(key=lambda group: (not _fails(group), -group.count, group.key))
    shown = groups[: values["limit"]]
    cancelled = sum(group.count for group in groups if group.key[0] == ErrorClass.CANCELLED)
    return shapes.Errors(
        selection=selection_shape(selection, span),
        groups=[_shape(snapshot, selection, span, group, rows_each(len(shown))) for group in shown],
        groups_total=len(groups),
        failing_now=sum(_fails(group) and group.key[0] != ErrorClass.CANCELLED for group in groups),
        failed=sum(group.count for group in groups),
        cancelled=cancelled,
        other_failed=sum(group.count for group in groups[len(shown) :]),
        **stamp(snapshot, selection),
    )


def _fails(group: ErrorGroup) -> bool:
    """One failure that a success followed is over; several within minutes are not."""
    return group.recent >= OFTEN or (group.recent > 0 and (group.served_ms or 0) < group.last_ms)


def _shape(snapshot: Snapshot, selection: Selection, span: Span, group: ErrorGroup, most: int) -> shapes.ErrorGroup:
    error_class, status, credential = group.key
    looked_at = newest_rows(snapshot, selection, span, group, most)
    said = messages(looked_at, selection)
    clients = group.clients
    return shapes.ErrorGroup(
        error_class=ErrorClass(error_class).label,
        status_code=status,
        credential=snapshot.labels.entity("credential", credential),
        state="now" if _fails(group) else "stopped",
        count=group.count,
        rate=group.count / group.traffic,
        first_seen=rfc3339(group.first_ms * MILLISECOND, selection.zone),
        last_seen=rfc3339(group.last_ms * MILLISECOND, selection.zone),
        run=None if group.run is None else _run(snapshot, selection, span, group, group.run),
        trend=group.trend.tolist(),
        models=_leading(snapshot, "model", group.models),
        models_total=len(group.models),
        api_keys=_leading(snapshot, "api_key", group.api_keys),
        api_keys_total=len(group.api_keys),
        clients=None
        if clients is None
        else shapes.ErrorClients(
            client_requests=clients.requests,
            client_succeeded=clients.succeeded,
            succeeded_elsewhere=clients.succeeded_elsewhere,
        ),
        messages=said[:MESSAGES],
        messages_total=len(said),
        looked_at=len(looked_at),
    )


def _run(snapshot: Snapshot, selection: Selection, span: Span, group: ErrorGroup, run: Run) -> shapes.ErrorRun:
    rate = None
    if _fails(group):
        others = [each for each in selection.filters if each.dimension not in FAILURES]
        rate = run.count / requests_since(snapshot, others, span, group.key[2], run.since_ms)
    return shapes.ErrorRun(since=rfc3339(run.since_ms * MILLISECOND, selection.zone), count=run.count, rate=rate)


def _leading(snapshot: Snapshot, dimension: str, counts: Mapping[int, int]) -> list[shapes.FilterValue]:
    """The values with the most failures."""
    by_column = snapshot.names.codes_by_column(dimension)
    order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]
    entities = [
        (snapshot.labels.entity(dimension, value if by_column is None else int(by_column[value])), count)
        for value, count in order
    ]
    return [shapes.FilterValue(id=each.id, label=each.label, requests=count) for each, count in entities]
