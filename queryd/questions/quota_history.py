"""One account over time: the cycles of its windows, what they were worth, what failed, and what was done to it."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from queryd.aggregate.snapshot import Snapshot
from queryd.figures.quota_cycles import Cycle, Reading, cycles, worth_change
from queryd.figures.window_usage import Timeline, Usage, matching_models
from queryd.params.calendar import rfc3339
from queryd.params.ranges import Span
from queryd.questions.quota import judged_accounts, shaped, usage_of
from queryd.questions.quota_rows import Facts, per_percent
from queryd.shapes import quota as shapes
from queryd.state import accounts
from queryd.state.accounts import WindowRow
from shared.clock import DAY

CYCLES_MAX = 60
READINGS_MAX = 500
ACTIONS_MAX = 50
MODELS_MAX = 200
"""As many models of a provider key as ingestd keeps."""
HISTORY = 90 * DAY

_READINGS = """
select observed_at, last_at, used_percent, length_seconds, resets_at, boundary, source from quota_reading
where credential_id = ? and key = ? and observed_at >= ? order by observed_at
"""


def detail(snapshot: Snapshot, credential: int, now: int, zone: ZoneInfo) -> shapes.QuotaDetail | None:
    """`GET /quota/{id}`; None for a credential that the file does not have."""
    known = accounts.read(snapshot.connection, credential)
    if not known.accounts:
        return None
    judged = judged_accounts(snapshot, known, now)
    (row,) = shaped(Facts(snapshot.labels, known, usage_of(snapshot, judged), zone, MODELS_MAX), judged)
    windows = known.windows.get(credential, [])
    timeline = Timeline(snapshot, credential, Span(now - HISTORY - 31 * DAY, now + DAY)) if windows else None
    names = accounts.model_names(snapshot.connection)
    return shapes.QuotaDetail(
        account=row,
        windows=[
            _history(window, _cycles(snapshot, window, now), timeline, names, zone)
            for window in windows
            if timeline is not None
        ],
        actions=[_action(action, zone) for action in _actions(snapshot, credential)],
        as_of=rfc3339(now, zone),
        revision=str(snapshot.version),
    )


def errors(snapshot: Snapshot, credential: int, limit: int, now: int, zone: ZoneInfo) -> shapes.CredentialErrors | None:
    """`GET /credentials/{id}/errors`; None for a credential that the file does not have."""
    connection = snapshot.connection
    if connection.execute("select 1 from credential where id = ?", (credential,)).fetchone() is None:
        return None
    rows = connection.execute(
        "select occurred_at, model, status_code, code, message, retryable, retry_at, recovers_at from credential_error"
        " where credential_id = ? order by occurred_at desc, id desc limit ?",
        (credential, limit),
    ).fetchall()
    (total,) = connection.execute(
        "select count(*) from credential_error where credential_id = ?", (credential,)
    ).fetchone()
    return shapes.CredentialErrors(
        errors=[
            shapes.CredentialError(
                at=rfc3339(at, zone),
                model=model or None,
                status_code=status,
                code=code or None,
                message=message,
                retryable=bool(retryable),
                retry_at=None if retry_at is None else rfc3339(retry_at, zone),
                recovers_at=None if recovers_at is None else rfc3339(recovers_at, zone),
            )
            for at, model, status, code, message, retryable, retry_at, recovers_at in rows
        ],
        errors_total=total,
        as_of=rfc3339(now, zone),
        revision=str(snapshot.version),
    )


def _cycles(snapshot: Snapshot, window: WindowRow, now: int) -> list[Cycle]:
    rows = snapshot.connection.execute(_READINGS, (window.credential_id, window.key, now - HISTORY)).fetchall()
    return cycles([Reading(*row) for row in rows], now)


def _history(
    window: WindowRow, found: Sequence[Cycle], timeline: Timeline, names: Mapping[int, str], zone: ZoneInfo
) -> shapes.WindowHistory:
    whole: dict[int, Usage] = {}
    read: dict[int, Usage] = {}
    if window.models is not None:
        models = matching_models(names, window.models)
        begun = [(place, cycle, cycle.starts_at) for place, cycle in enumerate(found) if cycle.starts_at is not None]
        places = [place for place, _, _ in begun]
        whole = dict(
            zip(places, timeline.usage([(start, each.ends_at) for _, each, start in begun], models), strict=True)
        )
        # A percentage and its usage are of the same moment, the last at which that percentage was seen.
        read = dict(
            zip(places, timeline.usage([(start, each.last_at) for _, each, start in begun], models), strict=True)
        )
    newest = found[-1].readings if found and found[-1].end == "open" else []
    return shapes.WindowHistory(
        key=window.key,
        label=window.label,
        cycles=[
            _cycle(found[place], whole.get(place, Usage()), read.get(place), zone)
            for place in reversed(range(max(0, len(found) - CYCLES_MAX), len(found)))
        ],
        readings=[
            shapes.QuotaPoint(
                at=rfc3339(reading.observed_at, zone),
                last_at=rfc3339(reading.last_at, zone),
                used_percent=reading.used_percent,
                source=reading.source,
            )
            for reading in thinned(newest)
        ],
        worth_change=_worth(found, read, zone),
    )


def thinned(readings: Sequence[Reading]) -> Sequence[Reading]:
    """READINGS_MAX of them at most, over the whole time, the first and the last among them."""
    last = len(readings) - 1
    if last < READINGS_MAX:
        return readings
    return [readings[place * last // (READINGS_MAX - 1)] for place in range(READINGS_MAX)]


def _worth(found: Sequence[Cycle], read: Mapping[int, Usage], zone: ZoneInfo) -> shapes.WorthChange | None:
    """Whether what a percent is worth changed, over the cycles that have ended."""
    change = worth_change(
        [
            (cycle.starts_at or 0, cycle.used_percent, read[place].total_tokens / cycle.used_percent)
            for place, cycle in reversed(list(enumerate(found)))
            if place in read and cycle.end != "open" and cycle.used_percent
        ]
    )
    if change is None:
        return None
    return shapes.WorthChange(factor=round(change.factor, 4), since=rfc3339(change.since, zone))


def _cycle(cycle: Cycle, usage: Usage, read: Usage | None, zone: ZoneInfo) -> shapes.QuotaCycle:
    is_open = cycle.end == "open"
    return shapes.QuotaCycle(
        starts_at=None if cycle.starts_at is None else rfc3339(cycle.starts_at, zone),
        ends_at=rfc3339(cycle.ends_at, zone),
        end=cycle.end,
        used_percent=cycle.used_percent,
        unused_percent=None if is_open else max(0.0, 100.0 - cycle.used_percent),
        requests=usage.requests,
        total_tokens=usage.total_tokens,
        cost_nanos=usage.cost_nanos,
        unpriced_requests=usage.unpriced_requests,
        per_percent=per_percent(read, cycle.used_percent),
    )


class _Action(NamedTuple):
    """A row of `credential_action`."""

    at: int
    action: Literal["disable", "enable", "restore"]
    cause: Literal["person", "reset"]
    outcome: Literal["done", "failed", "skipped"]
    message: str
    restore_at: int | None


def _actions(snapshot: Snapshot, credential: int) -> list[_Action]:
    rows = snapshot.connection.execute(
        "select at, action, cause, outcome, message, restore_at from credential_action where credential_id = ?"
        " order by id desc limit ?",
        (credential, ACTIONS_MAX),
    )
    return [_Action(*row) for row in rows]


def _action(found: _Action, zone: ZoneInfo) -> shapes.AccountAction:
    return shapes.AccountAction(
        at=rfc3339(found.at, zone),
        action=found.action,
        by=found.cause,
        outcome=found.outcome,
        message=found.message,
        restore_at=None if found.restore_at is None else rfc3339(found.restore_at, zone),
    )
