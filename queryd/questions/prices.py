"""What requests were charged by, and which of them by nothing."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from queryd.aggregate import grouping
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.envelope import selection_shape, stamp
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter
from queryd.params.ranges import Span
from queryd.params.selection import SELECTION, Selection
from queryd.questions.last_use import last_use
from queryd.request_log import price_shapes
from queryd.request_log.pricing import codes
from queryd.shapes.prices import PriceInUse, Prices, UnpricedModel
from shared import price_versions
from shared.clock import SECOND
from shared.prices import Mark, Source

PARAMETERS: tuple[Parameter, ...] = SELECTION

_TOKENS = ("input_tokens", "output_tokens", "unclassified_tokens")


def prices(snapshot: Snapshot, selection: Selection, _: Mapping[str, Any]) -> Prices:
    """`GET /prices`."""
    connection, zone = snapshot.connection, selection.zone
    span = selection.span(*snapshot.bounds())
    chosen = snapshot.select(selection.filters, span)
    axes = (grouping.dimension("model", snapshot.names), grouping.ColumnAxis("charge"))
    table = snapshot.aggregate(chosen, axes, Measures(frozenset((*_TOKENS, "cost_nanos", "unpriced_requests"))))
    sums = {name: values.tolist() for name, values in table.sums.items()}
    unpriced: dict[int, list[int]] = {}
    in_use = []
    series: dict[tuple[str, str], None] = {}
    for cell, (model, charge_id) in enumerate(zip(*(axis.tolist() for axis in table.axes), strict=True)):
        requests = sums["requests"][cell]
        charge = snapshot.charges.by_id.get(charge_id)
        if sums["unpriced_requests"][cell] and not (charge and charge.marks & Mark.TOKENS_UNKNOWN):
            counted = unpriced.setdefault(model, [0, 0])
            counted[0] += sums["unpriced_requests"][cell]
            counted[1] += sum(sums[name][cell] for name in _TOKENS)
        elif charge is not None and charge.price is not None:
            found = price_versions.charge_of(connection, charge_id)
            if charge.price.source is Source.BUNDLED:
                series[charge.price.provider, charge.price.model] = None
            in_use.append(
                PriceInUse(
                    model=snapshot.labels.entity("model", model).label,
                    requests=requests,
                    cost_nanos=sums["cost_nanos"][cell],
                    matched_by=(found and found[1]) or None,
                    marks=codes(int(charge.marks)),
                    price=price_shapes.version(connection, charge.price, zone),
                )
            )
    changed_at = price_versions.changed_since_repricing(connection)
    used = last_use(snapshot, "model", zone) if unpriced else {}
    return Prices(
        selection=selection_shape(selection, span),
        unpriced=[
            UnpricedModel(
                model=snapshot.labels.entity("model", model).label,
                requests=requests,
                total_tokens=tokens,
                first_seen_at=rfc3339(_midnight(used[model].first_on, zone), zone),
            )
            for model, (requests, tokens) in sorted(unpriced.items(), key=lambda item: -item[1][0])
        ],
        in_use=sorted(in_use, key=lambda each: (-each.cost_nanos, each.model)),
        listed=[
            price_shapes.version(connection, price, zone)
            for seller, model in series
            for price in price_versions.catalogue_versions(connection, seller, model)
        ],
        edited=list(price_shapes.edited(connection, zone)),
        rules=list(price_shapes.rules(connection, price_versions.all_rules(connection), zone)),
        settings=price_shapes.settings(price_versions.settings(connection)),
        changed_at=None if changed_at is None else rfc3339(changed_at, zone),
        **stamp(snapshot, selection),
    )


def unpriced_models(snapshot: Snapshot, span: Span) -> list[str]:
    """Models that had requests of `span` which no price was in force for, most of them first."""
    axes = (grouping.dimension("model", snapshot.names), grouping.ColumnAxis("charge"))
    table = snapshot.aggregate(snapshot.select((), span), axes, Measures(frozenset(("unpriced_requests",))))
    counted: dict[int, int] = {}
    rows = zip(*(axis.tolist() for axis in table.axes), table.sums["unpriced_requests"].tolist(), strict=True)
    for model, charge_id, requests in rows:
        charge = snapshot.charges.by_id.get(charge_id)
        if requests and not (charge and charge.marks & Mark.TOKENS_UNKNOWN):
            counted[model] = counted.get(model, 0) + requests
    most = sorted(counted, key=lambda model: -counted[model])
    return [snapshot.labels.entity("model", model).label for model in most]


def _midnight(day: date, zone: ZoneInfo) -> int:
    """UTC epoch microseconds."""
    return int(datetime.combine(day, time(), zone).timestamp()) * SECOND
