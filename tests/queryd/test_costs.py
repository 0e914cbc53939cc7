"""Costs by kind: each row's equal the arithmetic that made its cost, whatever its charge."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from queryd.aggregate.costs import KINDS, MARKED, ChargeTable
from shared.normalization import TOKENS_MAX, Tokens
from shared.prices import (
    MULTIPLIER_MAX,
    ONE,
    PRICE_MAX,
    Charge,
    ContextTier,
    Factor,
    Mark,
    Price,
    Rates,
    RuleKey,
    Source,
    arithmetic,
    cost,
)

steady = settings(deadline=None, derandomize=True)

ORDINARY = st.integers(0, 100_000_000)
AMOUNTS = st.one_of(ORDINARY, ORDINARY, st.integers(0, PRICE_MAX))
MAYBE = st.none() | AMOUNTS
RATES = st.builds(Rates, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, MAYBE, MAYBE)
TIERS = st.lists(st.builds(ContextTier, st.integers(0, 400_000), RATES), max_size=3).map(
    lambda tiers: tuple(sorted(tiers, key=lambda tier: tier.above))
)
MULTIPLIERS = st.sampled_from([ONE, ONE, 0, 800_000, 1_234_567, MULTIPLIER_MAX])
PRICES = st.builds(
    Price,
    st.just(1),
    st.just(Source.MANUAL),
    st.just(""),
    st.just("m"),
    st.just(""),
    st.just(0),
    RATES,
    TIERS,
    MULTIPLIERS,
    image_sizes=st.sampled_from([(), (1_290,), (2_000, 1_120)]),
)
FACTORS = st.lists(st.builds(Factor, st.just(1), st.just(RuleKey.MODEL), st.just("m"), MULTIPLIERS), max_size=2)
MARKS = st.sampled_from([Mark(0), Mark.CACHE_WRITES_1H, Mark.UPPER_BOUND, Mark.TOKENS_UNKNOWN])
CHARGES = st.builds(Charge, st.none() | PRICES, FACTORS.map(tuple), MARKS)
COUNTS = st.one_of(st.integers(0, 3_000), st.integers(0, 1_000_000), st.integers(0, TOKENS_MAX))
ROW = st.tuples(st.integers(0, 5), COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
NAMES = ("charge", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")


@dataclass
class Rows:
    columns: dict
    size: int

    def column(self, name):
        return self.columns[name]


def expected(charge: Charge | None, tokens: Tokens) -> tuple[int, ...]:
    if charge is None or charge.price is None or charge.marks & Mark.TOKENS_UNKNOWN:
        return (0,) * 6
    shown = arithmetic(tokens, charge)
    uncached, read, write, *output = (line.cost_nanos for line in shown.lines)
    silent = Tokens(tokens.input, tokens.cache_read, tokens.cache_write, max(tokens.output - tokens.reasoning, 0))
    of_reasoning = shown.cost_nanos - cost(silent, charge)
    return uncached, read, write, sum(output), shown.cached_as_input_nanos, of_reasoning


@steady
@given(st.lists(CHARGES, max_size=4), st.lists(ROW, min_size=1, max_size=12), st.booleans())
def test_each_row_costs_by_kind_what_its_arithmetic_says(charges, rows, one_charge):
    """Ids start at 1; 0 and those beyond the last are charges that nobody knows."""
    by_id = dict(enumerate(charges, start=1))
    columns: dict = {
        name: np.array(values, np.int64) for name, values in zip(NAMES, zip(*rows, strict=True), strict=True)
    }
    if one_charge:
        columns["charge"] = rows[0][0]
    found = ChargeTable(by_id).kinds(Rows(columns, len(rows)))
    for place, (charge, *counts) in enumerate(rows):
        known = by_id.get(rows[0][0] if one_charge else charge)
        assert tuple(int(found[name][place]) for name in KINDS) == expected(known, Tokens(*counts))


def test_requests_are_counted_by_what_must_be_said_beside_their_cost():
    by_id = {1: Charge(None), 2: Charge(None, (), Mark.UPPER_BOUND), 3: Charge(None, (), Mark.TIER_ASSUMED)}
    table = ChargeTable(by_id)
    rows = Rows({"charge": np.array([0, 1, 2, 3, 3, 9], np.uint8)}, 6)
    assumed, upper, *_ = (1 << bit for bit in range(len(MARKED)))
    assert np.asarray(table.marked(rows)).tolist() == [0, 0, upper, assumed, assumed, 0]
    assert table.marked(Rows({"charge": 2}, 6)) == upper
    assert table.marked(Rows({"charge": 9}, 6)) == 0
