"""What the same requests had cost by another price: its tokens, priced by the same arithmetic, from the columns."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from queryd.aggregate.costs import KINDS, ChargeTable, Rows
from queryd.aggregate.row_selection import RowSelection
from queryd.aggregate.snapshot import Snapshot
from queryd.envelope import selection_shape, stamp
from queryd.errors import InvalidParameter
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter
from queryd.params.selection import SELECTION, Selection
from queryd.request_log import price_shapes, pricing
from queryd.request_log.rows import Row
from queryd.shapes.prices import EventWhatIf, WhatIf, WhatIfModel
from queryd.storage.chunks import Array
from shared.model_names import spellings
from shared.price_versions import price_of
from shared.prices import ONE, Charge, Mark, Price, Source

AS: tuple[Parameter, ...] = (
    Parameter("as_price", "The id of a version, as /prices gives it; or name `as_model`."),
    Parameter("as_model", "A model, by the name under which it is sold or any spelling of it that a request may have."),
    Parameter("as_tier", "With `as_model`: the tier whose prices count; the base prices without."),
    Parameter("multiplier", "A factor on all of it, such as 0.5 for a batch."),
)
"""Which price is supposed."""

PARAMETERS: tuple[Parameter, ...] = (*SELECTION, *AS)

_MULTIPLIER_MAX = 1_000

_BY_NAME = """
select p.id from catalogue_price p join catalogue_model m on m.id = p.model_id
where lower(m.model) = ? and p.retired_at is null and p.hours = '' and p.service_tier in (?, '')
and p.effective_from <= ?
order by m.maker desc, p.service_tier desc, p.effective_from desc, p.id desc limit 1
"""
_EDITED = """
select id from price where lower(model) = ? and retired_at is null and ends = 0 and service_tier in (?, '')
and effective_from <= ? order by source, service_tier desc, effective_from desc, id desc limit 1
"""


def what_if(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> WhatIf:
    """`GET /what-if`."""
    span = selection.span(*snapshot.bounds())
    price = _price(snapshot.connection, values, selection.now)
    supposed = _Supposed(_times(price, values["multiplier"]), snapshot.charges.by_id)
    chosen = snapshot.select(selection.filters, span)
    sums: dict[int, list[int]] = {}
    for block in snapshot.blocks(chosen):
        selected = RowSelection(block, chosen.mask(block))
        if selected.count:
            _add(selected, supposed, sums)
    by_id = snapshot.names.codes_by_column("model")

    def code_of(model: int) -> int:
        return model if by_id is None else int(by_id[model])

    models = [
        WhatIfModel(
            model=snapshot.labels.entity("model", code_of(model)).label,
            requests=requests,
            cost_nanos=cost,
            what_if_nanos=other,
        )
        for model, (requests, cost, other) in sorted(sums.items(), key=lambda item: -item[1][1])
    ]
    return WhatIf(
        selection=selection_shape(selection, span),
        price=price_shapes.version(snapshot.connection, price, selection.zone),
        requests=sum(each.requests for each in models),
        cost_nanos=sum(each.cost_nanos for each in models),
        what_if_nanos=sum(each.what_if_nanos for each in models),
        models=models,
        **stamp(snapshot, selection),
    )


def event_what_if(snapshot: Snapshot, row: Row, values: Mapping[str, Any], zone: ZoneInfo, now: int) -> EventWhatIf:
    """`GET /events/{id}/what-if`: one request by another price, line by line."""
    kept = Mark(row.marks or 0) & Mark.CACHE_WRITES_1H
    charge = Charge(_times(_price(snapshot.connection, values, now), values["multiplier"]), (), kept)
    return EventWhatIf(
        price=pricing.by_charge(snapshot.connection, charge, "", row.tokens, zone),
        cost_nanos=row.cost_nanos,
        as_of=rfc3339(now, zone),
        revision=str(snapshot.version),
    )


_FIVE_MINUTES, _HOUR = 1, 2


class _Supposed:
    """All rows by one price. How long their cache writes are kept is theirs, not the price's, and stays."""

    def __init__(self, price: Price, charges: Mapping[int, Charge]) -> None:
        self.table = ChargeTable({_FIVE_MINUTES: Charge(price), _HOUR: Charge(price, (), Mark.CACHE_WRITES_1H)})
        self._by_charge = np.full(max(charges, default=0) + 2, _FIVE_MINUTES, np.uint8)  # the last: any unknown one
        for id_, charge in charges.items():
            if charge.marks & Mark.CACHE_WRITES_1H:
                self._by_charge[id_] = _HOUR

    def of(self, charge: Array | int) -> Array | int:
        """The charge that is supposed in place of each."""
        found = self._by_charge.take(charge, mode="clip")
        return int(found) if isinstance(charge, int) else found


@dataclass(frozen=True, slots=True)
class _AllByOne:
    """Rows as they are, but charged as supposed."""

    rows: Rows
    supposed: _Supposed

    @property
    def size(self) -> int:
        return self.rows.size

    def column(self, name: str) -> Array | int:
        values = self.rows.column(name)
        return self.supposed.of(values) if name == "charge" else values


def _add(selected: RowSelection, supposed: _Supposed, sums: dict[int, list[int]]) -> None:
    """Requests, cost and the other cost of each model."""
    kinds = supposed.table.kinds(_AllByOne(selected, supposed))
    other = sum((kinds[name] for name in KINDS[:4]), np.zeros(selected.size, np.int64))
    cost = np.broadcast_to(np.asarray(selected.column("cost_nanos"), np.int64), (selected.size,))
    model = np.broadcast_to(np.asarray(selected.column("model"), np.int64), (selected.size,))
    counts = np.ones(selected.size, np.bool_) if selected.mask is None else selected.mask
    for code in np.unique(model[counts]).tolist():
        rows = counts & (model == code)
        found = sums.setdefault(code, [0, 0, 0])
        found[0] += int(np.count_nonzero(rows))
        found[1] += int(cost[rows].sum())
        found[2] += int(other[rows].sum())


def _price(connection: sqlite3.Connection, values: Mapping[str, Any], now: int) -> Price:
    """The version that is asked for. Raises `InvalidParameter`."""
    wanted = values["as_price"]
    if wanted is None and values["as_model"] is None:
        raise InvalidParameter("as_price", "name a price, or a model")
    id_: int | None = None
    if wanted is not None:
        id_ = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    else:
        id_ = _named(connection, values["as_model"], (values["as_tier"] or "").strip().lower(), now)
    price = None if id_ is None else price_of(connection, id_)
    if price is None:
        raise InvalidParameter("as_price" if wanted is not None else "as_model", "there is no such price")
    return price


def _named(connection: sqlite3.Connection, model: str, tier: str, now: int) -> int | None:
    """The version in force of a model, by the likeliest spelling of its name that has one."""
    for spelling in (each for group in spellings(model) for each in group):
        for query in (_EDITED, _BY_NAME):
            row = connection.execute(query, (spelling.name, tier, now)).fetchone()
            if row is not None:
                return int(row[0])
    return None


def _times(price: Price, text_: str | None) -> Price:
    if text_ is None:
        return price
    try:
        factor = Decimal(text_)
    except ArithmeticError:
        raise InvalidParameter("multiplier", "multiplier must be a number such as 0.5") from None
    if not factor.is_finite() or not 0 <= factor <= _MULTIPLIER_MAX:
        raise InvalidParameter("multiplier", f"multiplier must be between 0 and {_MULTIPLIER_MAX}")
    millionths = int((factor * price.multiplier).to_integral_value())
    return Price(
        price.id, Source(price.source), price.provider, price.model, price.service_tier, price.effective_from,
        price.rates, price.context_tiers, min(millionths, _MULTIPLIER_MAX * ONE), price.hours, price.image_sizes,
    )  # fmt: skip
