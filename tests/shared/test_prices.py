"""Exact arithmetic: the contract's worked costs (B9) and what must hold for any figures."""

from collections.abc import Sequence
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
    image_tokens,
    rates,
)

steady = settings(deadline=None, derandomize=True)


def price_of(*dollars: float, multiplier: int = ONE, tiers: tuple[ContextTier, ...] = ()) -> Price:
    four = Rates(*(round(part * 1_000_000) for part in dollars))
    return Price(1_000_000, Source.MANUAL, "", "m", "", 0, four, tiers, multiplier)


NO_MARK = Mark(0)


def charge_of(price: Price, factors: Sequence[int] = (), marks: Mark = NO_MARK) -> Charge:
    return Charge(price, tuple(Factor(n, RuleKey.ENDPOINT, "x", factor) for n, factor in enumerate(factors)), marks)


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
    assert cost(tokens_of(*tokens), charge_of(price_of(*dollars_of(prices), multiplier=multiplier), rules)) == nanos


def test_a_context_tier_replaces_all_four_prices_above_its_threshold():
    tiers = (ContextTier(272_000, Rates(5_000_000, 500_000, 6_250_000, 22_500_000)),)
    price = price_of(2.5, 0.25, 3.125, 15, tiers=tiers)
    assert cost(tokens_of(300_000, 4_000, 100_000, 0), charge_of(price)) == 1_140_000_000  # P19 with its tier
    assert rates(price, 272_000) == (price.rates, None)
    assert rates(price, 272_001) == (tiers[0].rates, 272_000)


def test_the_highest_threshold_that_was_crossed_counts():
    low, high = Rates(2, 2, 2, 2), Rates(3, 3, 3, 3)
    price = price_of(1, 1, 1, 1, tiers=(ContextTier(32_000, low), ContextTier(128_000, high)))
    assert rates(price, 128_000)[0] is low
    assert rates(price, 128_001)[0] is high


def test_half_a_nano_dollar_is_rounded_up_and_less_is_not():
    half, less = Rates(500, 0, 0, 0), Rates(499, 0, 0, 0)
    assert cost(Tokens(1), charge_of(Price(1, Source.MANUAL, "", "m", "", 0, half))) == 1
    assert cost(Tokens(1), charge_of(Price(1, Source.MANUAL, "", "m", "", 0, less))) == 0


def test_reasoning_and_unclassified_tokens_cost_nothing_of_their_own():
    charge = charge_of(price_of(3, 3, 3, 3))
    assert cost(Tokens(10, 0, 0, 10, 10, 1_000_000), charge) == cost(Tokens(10, 0, 0, 10), charge) == 60_000


def test_the_arithmetic_of_p1_is_that_of_the_contract():
    shown = arithmetic(tokens_of(12000, 800, 9000, 0), charge_of(price_of(2.5, 0.25, 0, 10)))
    assert [(line.bucket, line.tokens, line.cost_nanos) for line in shown.lines] == [
        ("uncached", 3000, 7_500_000),
        ("cache_read", 9000, 2_250_000),
        ("cache_write", 0, 0),
        ("output", 800, 8_000_000),
    ]
    assert shown.cost_nanos == 17_750_000


def test_what_the_cache_saved_is_what_its_tokens_had_cost_uncached_less_what_they_cost():
    shown = arithmetic(tokens_of(9_600, 700, 9_000, 500), charge_of(price_of(3, 0.3, 3.75, 15)))
    assert shown.cached_as_input_nanos == 28_500_000
    assert shown.cached_nanos == 2_700_000 + 1_875_000


def test_a_cache_write_of_an_hour_costs_what_an_hour_costs_where_that_has_a_price():
    dear = Price(1, Source.MANUAL, "", "m", "", 0, Rates(4_000_000, 200_000, 5_000_000, 20_000_000, 8_000_000))
    write = Tokens(1_000, 0, 1_000)
    assert cost(write, charge_of(dear)) == 5_000_000
    assert cost(write, charge_of(dear, marks=Mark.CACHE_WRITES_1H)) == 8_000_000
    assert cost(write, charge_of(price_of(4, 0.2, 5, 20), marks=Mark.CACHE_WRITES_1H)) == 5_000_000


@pytest.mark.parametrize(
    ("visible", "sizes", "images"),
    [
        (2_340, (2_000, 1_120), 2_000),
        (1_220, (2_000, 1_120), 1_120),
        (500, (2_000, 1_120), 0),
        (2_600, (1_290,), 2_580),
        (1_290, (1_290,), 1_290),
        (2_700, (2_520, 1_680, 1_120, 747), 2_520),
        (850, (2_520, 1_680, 1_120, 747), 747),
        (4_160, (), 4_160),
        (0, (1_290,), 0),
    ],
)
def test_output_is_taken_for_as_many_images_as_their_sizes_fill(visible, sizes, images):
    assert image_tokens(visible, sizes) == images


def test_image_output_costs_the_image_rate_and_the_rest_the_other():
    """Gemini 3 Pro Image: $2 in, $12 text and thinking, $120 images; 326 in, 2,340 out, 337 of thinking."""
    price = Price(
        1, Source.BUNDLED, "google", "m", "", 0, Rates(2_000_000, 0, 0, 12_000_000, None, 120_000_000),
        image_sizes=(2_000, 1_120),
    )  # fmt: skip
    tokens = Tokens(326, 0, 0, 2_677, 337)
    shown = arithmetic(tokens, charge_of(price))
    assert cost(tokens, charge_of(price)) == shown.cost_nanos == 248_776_000
    assert [(line.bucket, line.tokens) for line in shown.lines[3:]] == [("output", 677), ("image_output", 2_000)]


COUNTS = st.integers(0, TOKENS_MAX)
MAYBE = st.none() | st.integers(0, PRICE_MAX)
PRICES = st.builds(Rates, *[st.integers(0, PRICE_MAX)] * 4, MAYBE, MAYBE)
TIERS = st.lists(st.builds(ContextTier, st.integers(0, 10**6), PRICES), max_size=3).map(
    lambda tiers: tuple(sorted(tiers, key=lambda tier: tier.above))
)
FACTORS = st.lists(st.integers(0, MULTIPLIER_MAX), max_size=3)


SIZES = st.sampled_from([(), (1_290,), (2_000, 1_120)])


@steady
@given(
    st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
    PRICES,
    TIERS,
    st.integers(0, MULTIPLIER_MAX),
    FACTORS,
    st.sampled_from([Mark(0), Mark.CACHE_WRITES_1H]),
    SIZES,
)
def test_a_cost_equals_exact_fractions_rounded_once_and_its_lines_add_up(  # noqa: PLR0917 - all that a cost is made of
    counts, four, tiers, multiplier, factors, marks, sizes
):
    price = Price(1, Source.MANUAL, "", "m", "", 0, four, tiers, multiplier, image_sizes=sizes)
    into, read, write, out, reasoning = counts
    tokens = Tokens(into, read, write, out, reasoning)
    used = next((tier.rates for tier in reversed(tiers) if into > tier.above), four)
    hour = used.cache_write_1h if marks and used.cache_write_1h is not None else used.cache_write
    images = image_tokens(max(0, out - reasoning), sizes) if used.image is not None else 0
    exact = Fraction(
        max(0, into - read - write) * used.input
        + read * used.cache_read
        + write * hour
        + (out - images) * used.output
        + images * (used.image or 0),
        1_000,
    ) * Fraction(multiplier, ONE)
    for factor in factors:
        exact *= Fraction(factor, ONE)
    expected = min(int(exact + Fraction(1, 2)), COST_MAX)
    charge = charge_of(price, factors, marks)
    assert cost(tokens, charge) == expected
    shown = arithmetic(tokens, charge)
    assert shown.cost_nanos == expected == sum(line.cost_nanos for line in shown.lines)
    assert all(line.cost_nanos >= 0 for line in shown.lines)
