"""What costs are made of: computed from the columns, by the same arithmetic that made them (shared.prices).

A row's charge names its prices; with its tokens they give the cost of each kind of tokens, and the kinds add up to the
stored cost to the nano-dollar. Rows without a charge cost nothing here.
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from queryd.storage.chunks import Array
from shared.normalization import Tokens
from shared.price_versions import charges
from shared.prices import ASSUMED, COST_MAX, ONE, Charge, Mark, Price, arithmetic, image_tokens, write_rate

KINDS = (
    "cost_uncached_nanos",
    "cost_cache_read_nanos",
    "cost_cache_write_nanos",
    "cost_output_nanos",
    "cached_as_input_nanos",
    "cost_reasoning_nanos",
)
"""The first four add up to the cost. Then: what the tokens from and to the cache had cost as uncached input; and what
reasoning costs, which is a part of the output's.
"""

MARKED = {
    "assumed_requests": ASSUMED,
    "upper_bound_requests": Mark.UPPER_BOUND,
    "lower_bound_requests": Mark.LOWER_BOUND,
    "tokens_unknown_requests": Mark.TOKENS_UNKNOWN,
}
"""Counts of requests by what must be said beside their cost."""

MARKED_BITS = "marked"
"""The name of `ChargeTable.marked` as a column."""

_COLUMNS = (
    "charge",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
)
_RATES = 5  # input, cache read, cache write, output, image
_NEVER = 2**62  # a threshold that no request crosses
_SAFE = 2**61  # sums of products below it cannot overflow an int64

Int64 = NDArray[np.int64]


class Rows(Protocol):
    """Some rows of a block (aggregate.row_selection)."""

    @property
    def size(self) -> int: ...

    def column(self, name: str) -> Array | int: ...


def stored(names: Iterable[str]) -> set[str]:
    """The columns that these names need."""
    found: set[str] = set()
    for name in names:
        found |= set(_COLUMNS) if name in KINDS else {"charge"} if name in MARKED else {name}
    return found


@dataclass(frozen=True, slots=True)
class _Prices:
    """The prices of some charges as arrays: a row a charge; `steps[k]` hold above `above[k]` tokens of input."""

    rates: Int64  # charge, rate
    steps: Int64  # step, charge, rate
    above: Int64  # step, charge
    multiplier: Int64  # millionths


class ChargeTable:
    """The charges of one snapshot."""

    def __init__(self, by_id: dict[int, Charge]) -> None:
        self.by_id = by_id
        ids = np.array(sorted(by_id), np.int64)
        size = int(ids[-1]) + 1 if len(ids) else 1
        self._marked = np.zeros(size + 1, np.uint8)  # the last: a charge that is none
        for id_, charge in by_id.items():
            self._marked[id_] = sum(bool(charge.marks & marks) << bit for bit, marks in enumerate(MARKED.values()))
        self._size = size
        self._plain = _plain(by_id, size)
        self._odd = np.zeros(size, np.bool_)
        for id_, charge in by_id.items():
            self._odd[id_] = len(charge.factors) > (0 if charge.price and charge.price.multiplier != ONE else 1)

    def marked(self, rows: Rows) -> Array | int:
        """For each row a bit for each of MARKED, from the lowest: whether its cost has one of those marks."""
        charge = rows.column("charge")
        if isinstance(charge, int):
            return int(self._marked[min(charge, self._size)])
        return self._marked.take(charge, mode="clip")

    def kinds(self, rows: Rows) -> dict[str, Int64]:
        """The cost of each row by KINDS, in nano-dollars."""
        columns = [_spread(rows, name) for name in _COLUMNS]
        charge = np.where(columns[0] < self._size, columns[0], 0)
        found = self._computed(charge, *columns[1:])
        odd = self._odd.take(charge)
        # Products that an int64 cannot hold: so many tokens, or so high a price, that whole numbers must do.
        total = columns[1] + columns[2] + columns[3] + columns[4]
        odd |= total.astype(np.float64) * self._highest(charge) > float(_SAFE) / 4
        for place in np.flatnonzero(odd).tolist():
            values = self._exactly(int(charge[place]), *(int(column[place]) for column in columns[1:]))
            for name, value in zip(KINDS, values, strict=True):
                found[name][place] = value
        return found

    def _highest(self, charge: Int64) -> NDArray[np.float64]:
        prices = self._plain
        highest = np.maximum(prices.rates.max(axis=1), prices.steps.max(axis=(0, 2)))
        dearest = highest * np.maximum(prices.multiplier.astype(np.float64) / ONE, 1.0)
        found: NDArray[np.float64] = dearest.take(charge)
        return found

    def _computed(  # noqa: PLR0917 - the columns, in their order
        self, charge: Int64, into: Int64, read: Int64, write: Int64, out: Int64, reasoning: Int64
    ) -> dict[str, Int64]:
        prices = self._plain
        rates = prices.rates.take(charge, axis=0)
        for step, above in zip(prices.steps, prices.above, strict=True):
            crossed = into > above.take(charge)
            if crossed.any():
                rates[crossed] = step.take(charge[crossed], axis=0)
        images = self._images(charge, out - reasoning)
        uncached = np.maximum(into - read - write, 0)
        multiplier = prices.multiplier.take(charge)
        picos = np.zeros(len(charge), np.int64)
        before = picos
        found: dict[str, Int64] = {}
        buckets = ((uncached, 0), (read, 1), (write, 2), (out - images, 3))
        for name, (count, place) in zip(KINDS[:4], buckets, strict=True):
            picos = picos + count * rates[:, place]
            if place == 3:
                picos = picos + images * rates[:, 4]
            total = np.minimum(_rounded(picos, multiplier), COST_MAX)
            found[name] = total - before
            before = total
        silent: Int64 = picos - np.asarray(np.minimum(reasoning, out), np.int64) * rates[:, 3]
        found[KINDS[5]] = before - np.minimum(_rounded(silent, multiplier), COST_MAX)
        found[KINDS[4]] = np.minimum(_rounded((read + write) * rates[:, 0], multiplier), COST_MAX)
        return found

    def _images(self, charge: Int64, visible: Int64) -> Int64:
        found = np.zeros(len(charge), np.int64)
        for id_ in np.unique(charge).tolist():
            price = _priced(self.by_id.get(id_))
            if price is None or not _has_images(price):
                continue
            for place in np.flatnonzero(charge == id_).tolist():
                found[place] = image_tokens(max(0, int(visible[place])), price.image_sizes)
        return found

    def _exactly(self, charge: int, *counts: int) -> tuple[int, ...]:
        into, read, write, out, reasoning = counts
        found = self.by_id.get(charge)
        if found is None or _priced(found) is None:
            return (0,) * len(KINDS)
        shown = arithmetic(Tokens(into, read, write, out, reasoning), found)
        silent = arithmetic(Tokens(into, read, write, max(out - reasoning, 0)), found)
        uncached, cached_read, cached_write, *output = (line.cost_nanos for line in shown.lines)
        of_reasoning = shown.cost_nanos - silent.cost_nanos
        return uncached, cached_read, cached_write, sum(output), shown.cached_as_input_nanos, of_reasoning


class ChargeCache:
    """The charges of a file: rows are only ever added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = -1
        self._table = ChargeTable({})

    def look(self, connection: sqlite3.Connection) -> ChargeTable:
        """The charges that a connection's snapshot has; an older snapshot finds all that it refers to."""
        newest = connection.execute("select coalesce(max(id), 0) from charge").fetchone()[0]
        with self._lock:
            if newest <= self._newest:
                return self._table
        table = ChargeTable(charges(connection))
        with self._lock:
            if newest > self._newest:
                self._newest, self._table = newest, table
        return table


def _plain(by_id: dict[int, Charge], size: int) -> _Prices:
    steps = max((len(price.context_tiers) for charge in by_id.values() if (price := _priced(charge))), default=0)
    rates = np.zeros((size, _RATES), np.int64)
    above = np.full((max(steps, 1), size), _NEVER, np.int64)
    stepped = np.zeros((max(steps, 1), size, _RATES), np.int64)
    multiplier = np.full(size, ONE, np.int64)
    for id_, charge in by_id.items():
        price = _priced(charge)
        if price is None:
            continue
        rates[id_] = _row(price, charge, None)
        for place, tier in enumerate(price.context_tiers):
            above[place, id_] = tier.above
            stepped[place, id_] = _row(price, charge, place)
        multiplier[id_] = charge.factors[0].multiplier if charge.factors else price.multiplier
    return _Prices(rates, stepped, above, multiplier)


def _row(price: Price, charge: Charge, step: int | None) -> tuple[int, ...]:
    four = price.rates if step is None else price.context_tiers[step].rates
    return (
        four.input,
        four.cache_read,
        write_rate(four, charge.marks),
        four.output,
        four.output if four.image is None else four.image,
    )


def _priced(charge: Charge | None) -> Price | None:
    """What a charge costs by; None where the cost is unknown."""
    return None if charge is None or charge.marks & Mark.TOKENS_UNKNOWN else charge.price


def _has_images(price: Price) -> bool:
    return price.rates.image is not None or any(tier.rates.image is not None for tier in price.context_tiers)


def _rounded(picos: Int64, multiplier: Int64) -> Int64:
    """`shared.prices` rounds once, half up: picos times multiplier by 10^9, without leaving int64."""
    if (multiplier == ONE).all():
        plain: Int64 = (picos + 500) // 1_000
        return plain
    whole, rest = np.divmod(picos, 1_000 * ONE)
    found: Int64 = whole * multiplier + (rest * multiplier + 500 * ONE) // (1_000 * ONE)
    return found


def _spread(rows: Rows, name: str) -> Int64:
    values = rows.column(name)
    if isinstance(values, int):
        return np.full(rows.size, values, np.int64)
    return values.astype(np.int64)
