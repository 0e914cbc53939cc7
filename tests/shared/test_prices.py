"""Exact arithmetic: the contract's worked costs (B9) and what must hold for any figures."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.normalization import TOKENS_MAX, Tokens
from shared.prices import (
    COST_MAX,
    MULTIPLIER_MAX,
    ONE,
    PRICE_MAX,
    ContextTier,
    Price,
    Rates,
    Rule,
    RuleKey,
    Source,
    arithmetic,
    billed_tier,
    cost,
    rates,
)

steady = settings(deadline=None, derandomize=True)


def price_of(*dollars: float, multiplier: int = ONE, tiers: tuple[ContextTier, ...] = ()) -> Price:
    four = Rates(*(round(part * 1_000_000) for part in dollars))
    return Price(1_000_000, Source.MANUAL, "", "m", "", 0, four, tiers, multiplier)


def tokens_of(into: int, out: int, read: int, write: int) -> Tokens:
    return Tokens(into, read, write, out)


GPT_X, GPT_Y = (2.5, 10, 0.25, 0), (2.5, 15, 0.25, 3.125)
CLAUDE_X = (3, 15, 0.3, 3.75)

# Contract B9: input, output, read, write; prices input/output/read/write in dollars per million; factors; nano-dollars.
WORKED = {
    "P1": ((12000, 800, 9000, 0), GPT_X, ONE, (), 17_750_000),
    "P2": ((9600, 700, 9000, 500), CLAUDE_X, ONE, (), 15_375_000),
    "P4": ((2000, 500, 1500, 0), (1.25, 10, 0.31, 0), ONE, (), 6_090_000),
    "P5": ((5000, 400, 2000, 1000), GPT_Y, ONE, (), 14_625_000),
    "P6": ((5000, 400, 2000, 1000), GPT_X, ONE, (), 9_500_000),
    "P7": ((1300000, 500000, 200000, 100000), (10, 20, 1, 12.5), 1_500_000, (), 32_175_000_000),
    "P8": ((1300000, 500000, 200000, 100000), (10, 20, 1, 12.5), 0, (2_000_000,), 0),
    "P9": ((12000, 800, 9000, 0), GPT_X, ONE, (2_000_000,), 35_500_000),
    "P10": ((12000, 800, 9000, 0), GPT_X, 1_200_000, (2_000_000, 1_500_000), 63_900_000),
    "P11": ((12000, 800, 9000, 0), GPT_X, ONE, (2_000_000, 0), 0),
    "P13": ((12000, 800, 9000, 0), GPT_X, ONE, (500_000,), 8_875_000),
    "P17": ((100000, 0, 80000, 40000), CLAUDE_X, ONE, (), 174_000_000),
    "P18": ((0, 0, 0, 0), CLAUDE_X, ONE, (), 0),
    "P19": ((300000, 4000, 100000, 0), GPT_Y, ONE, (), 585_000_000),
    "P20": ((1, 1, 0, 0), (0.15, 0.6, 0.075, 0), ONE, (), 750),
    "P21": ((12000, 800, 9000, 0), GPT_X, ONE, (800_000, 1_250_000), 17_750_000),
    "P22": ((1000000, 0, 0, 0), (1, 1, 1, 1), ONE, (), 1_000_000_000),
}


def dollars_of(prices: tuple[float, ...]) -> tuple[float, ...]:
    into, out, read, write = prices
    return into, read, write, out


@pytest.mark.parametrize("row", WORKED)
def test_the_worked_costs_of_the_contract_are_met_to_the_nano_dollar(row):
    tokens, prices, multiplier, rules, nanos = WORKED[row]
    assert cost(tokens_of(*tokens), price_of(*dollars_of(prices), multiplier=multiplier), rules) == nanos


def test_a_context_tier_replaces_all_four_prices_above_its_threshold():
    tiers = (ContextTier(272_000, Rates(5_000_000, 500_000, 6_250_000, 22_500_000)),)
    price = price_of(2.5, 0.25, 3.125, 15, tiers=tiers)
    assert cost(tokens_of(300_000, 4_000, 100_000, 0), price) == 1_140_000_000  # P19 with its tier
    assert rates(price, 272_000) == (price.rates, None)
    assert rates(price, 272_001) == (tiers[0].rates, 272_000)


def test_the_highest_threshold_that_was_crossed_counts():
    low, high = Rates(2, 2, 2, 2), Rates(3, 3, 3, 3)
    price = price_of(1, 1, 1, 1, tiers=(ContextTier(32_000, low), ContextTier(128_000, high)))
    assert rates(price, 128_000)[0] is low
    assert rates(price, 128_001)[0] is high


def test_half_a_nano_dollar_is_rounded_up_and_less_is_not():
    half, less = Rates(500, 0, 0, 0), Rates(499, 0, 0, 0)
    assert cost(Tokens(1), Price(1, Source.MANUAL, "", "m", "", 0, half)) == 1
    assert cost(Tokens(1), Price(1, Source.MANUAL, "", "m", "", 0, less)) == 0


def test_reasoning_and_unclassified_tokens_cost_nothing_of_their_own():
    price = price_of(3, 3, 3, 3)
    assert cost(Tokens(10, 0, 0, 10, 10, 1_000_000), price) == cost(Tokens(10, 0, 0, 10), price) == 60_000


def test_the_arithmetic_of_p1_is_that_of_the_contract():
    shown = arithmetic(tokens_of(12000, 800, 9000, 0), price_of(2.5, 0.25, 0, 10))
    assert [(line.bucket, line.tokens, line.cost_nanos) for line in shown.lines] == [
        ("uncached", 3000, 7_500_000),
        ("cache_read", 9000, 2_250_000),
        ("cache_write", 0, 0),
        ("output", 800, 8_000_000),
    ]
    assert shown.cost_nanos == 17_750_000


@pytest.mark.parametrize(
    ("asked", "answered", "billed"),
    [
        ("auto", "", ""),
        ("default", "", ""),
        ("standard", "", ""),
        ("priority", "", "priority"),
        ("priority", "default", ""),
        ("auto", "flex", "flex"),
        ("Flex ", "", "flex"),
        ("standard_only", "", ""),
    ],
)
def test_the_tier_that_the_upstream_reports_is_the_one_that_is_billed(asked, answered, billed):
    assert billed_tier(asked, answered) == billed


COUNTS = st.integers(0, TOKENS_MAX)
PRICES = st.builds(Rates, *[st.integers(0, PRICE_MAX)] * 4)
TIERS = st.lists(st.builds(ContextTier, st.integers(0, 10**6), PRICES), max_size=3).map(
    lambda tiers: tuple(sorted(tiers, key=lambda tier: tier.above))
)
FACTORS = st.lists(st.integers(0, MULTIPLIER_MAX), max_size=3)


@steady
@given(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), PRICES, TIERS, st.integers(0, MULTIPLIER_MAX), FACTORS)
def test_a_cost_equals_exact_fractions_rounded_once_and_its_lines_add_up(counts, four, tiers, multiplier, factors):
    price = Price(1, Source.MANUAL, "", "m", "", 0, four, tiers, multiplier)
    into, read, write, out = counts
    tokens = Tokens(into, read, write, out)
    used = next((tier.rates for tier in reversed(tiers) if into > tier.above), four)
    exact = Fraction(
        max(0, into - read - write) * used.input
        + read * used.cache_read
        + write * used.cache_write
        + out * used.output,
        1_000,
    ) * Fraction(multiplier, ONE)
    for factor in factors:
        exact *= Fraction(factor, ONE)
    expected = min(int(exact + Fraction(1, 2)), COST_MAX)
    assert cost(tokens, price, factors) == expected
    rules = [Rule(n, "", RuleKey.ENDPOINT, "x", factor, 0) for n, factor in enumerate(factors)]
    shown = arithmetic(tokens, price, rules)
    assert shown.cost_nanos == expected == sum(line.cost_nanos for line in shown.lines)
    assert all(line.cost_nanos >= 0 for line in shown.lines)
