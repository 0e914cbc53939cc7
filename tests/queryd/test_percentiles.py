"""Percentiles equal those of the sorted list: for any values and groups, and from what is kept of most of them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queryd.aggregate import percentiles
from queryd.aggregate.percentiles import PERCENTS, Observed, Ranked

VALUES = st.integers(0, 40) | st.integers(1, 5000) | st.sampled_from([0, 2**20, 2**24 + 1, 2**32 - 1])
NOTHING = np.zeros(0, np.uint64)


def listed(pairs: Sequence[tuple[int, int]], groups: int, *, whole: bool = False) -> Observed:
    """Values and their groups, in blocks of 50."""
    blocks = [np.array(pairs[first : first + 50]) for first in range(0, len(pairs), 50)]
    return Observed([(block[:, 0].astype(np.uint8), block[:, 1].astype(np.uint32)) for block in blocks], groups, whole)


@st.composite
def observed(draw, most: int = 150):
    """(how many groups, the group and the value of each row)."""
    size = draw(st.integers(1, 6))
    return size, draw(st.lists(st.tuples(st.integers(0, size - 1), VALUES), max_size=most))


def check(ranked: Ranked | None, groups: int, pairs: Sequence[tuple[int, int]]) -> None:
    """A row beyond the groups is of all values."""
    assert ranked is not None
    assert len(ranked.counts) in {groups, groups + 1}
    for group in range(len(ranked.counts)):
        listed = sorted(value for of, value in pairs if value and group in {of, groups})
        expected = [listed[-(-percent * len(listed) // 100) - 1] if listed else 0 for percent in (*PERCENTS, 100)]
        assert [*ranked.percentiles[group].tolist(), int(ranked.largest[group])] == expected
        assert ranked.counts[group] == len(listed)


@given(observed(), st.booleans(), st.sampled_from([1, 16, 1 << 17]))
def test_percentiles_are_those_of_the_sorted_list(drawn, whole, bins):
    groups, pairs = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(percentiles, "BINS_MAX", bins)
        sample = listed(pairs, groups, whole=whole).sample(None)
    assert len(sample.keys) <= (groups + whole) * (len(PERCENTS) + 1)
    check(sample.ranked(NOTHING, groups + whole), groups, pairs)


@given(observed(), observed(60), st.booleans(), st.randoms(use_true_random=False))
def test_what_is_kept_tells_the_same_or_says_that_it_does_not(drawn, late, whole, chance):
    groups, pairs = drawn
    fresh = [(group % groups, value) for group, value in late[1]]
    with pytest.MonkeyPatch.context() as patch:  # so that little is kept of little
        patch.setattr(percentiles, "GROWTH", 10**9)
        patch.setattr(percentiles, "SPARE", chance.choice([0, 1]))
        patch.setattr(percentiles, "BINS_MAX", chance.choice([1, 16, 1 << 17]))
        sample = listed(pairs, groups, whole=whole).sample(np.zeros(groups + whole, np.int64))
    ranked = sample.ranked(listed(fresh, groups, whole=whole).keys(), groups + whole)
    if ranked is not None:
        check(ranked, groups, pairs + fresh)
    else:
        assert any(value for _, value in fresh), "the places themselves are kept"


@given(observed(), observed(60), st.integers(0, 3), st.randoms(use_true_random=False))
def test_groups_may_be_numbered_anew_and_become_more(drawn, late, more, chance):
    groups, pairs = drawn
    used = {group for group, value in pairs if value}
    numbers = list(range(groups + more))
    chance.shuffle(numbers)
    number_of = np.array([numbers[group] if group in used else -1 for group in range(groups)])
    sample = listed(pairs, groups).sample(np.full(groups, 10**6)).renumbered(number_of)
    fresh = [(group % (groups + more), value) for group, value in late[1]]
    renumbered = [(numbers[group], value) for group, value in pairs]
    check(sample.ranked(listed(fresh, groups + more).keys(), groups + more), groups + more, renumbered + fresh)


def grown(count: int, late: list[int]) -> Ranked | None:
    """The percentiles of `count` usual latencies from what is kept of them, with `late` ones."""
    values = [(0, value) for value in usual(count, seed=1)]
    fresh = [(0, value) for value in late]
    sample = listed(values, 1).sample(np.zeros(1, np.int64))
    assert len(sample.keys) < count / 20
    found = sample.ranked(listed(fresh, 1).keys(), 1)
    if found is not None:
        check(found, 1, values + fresh)
    return found


def usual(count: int, seed: int) -> list[int]:
    return [min(int(value), 600_000) for value in np.random.default_rng(seed).lognormal(8, 1, count)]


def test_what_is_kept_holds_out_while_as_many_usual_values_come_as_were_there():
    assert grown(50_000, usual(50_000, seed=2)) is not None


def test_what_is_kept_says_when_unusual_values_have_moved_a_place_too_far():
    assert grown(50_000, [1] * 100) is not None
    assert grown(50_000, [1] * 10_000) is None
