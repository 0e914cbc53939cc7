"""Percentiles equal those of the sorted list: for any values, cells and unions of cells, and from what is kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from queryd.engine import histograms
from queryd.engine.histograms import Gathered, Histogram, Observations, Rows, bins, keep, narrow
from queryd.engine.ranks import PERCENTS, Fold, search

NAMES = frozenset(("latency_ms",))
VALUES = st.integers(1, 5000) | st.integers(1, 2**32 - 1) | st.sampled_from([1, 2**24, 2**24 + 1, 2**32 - 1])


@st.composite
def observed(draw, most: int = 120):
    """(how many cells, cell of each value, values)."""
    size = draw(st.integers(1, 6))
    pairs = draw(st.lists(st.tuples(st.integers(0, size - 1), VALUES), max_size=most))
    return size, [cell for cell, _ in pairs], [value for _, value in pairs]


def counted(size: int, cells: list[int], values: list[int], *, only: slice = slice(None)):
    """The histogram's bins, the rows and the histogram of some observations."""
    kind = bins(is_float=False, cells=size)
    of_cells, of_values = narrow(np.array(cells[only], np.intp)), np.array(values[only], np.uint32)
    rows = Rows(of_cells, of_values, np.ones(len(of_values), np.bool_), kind.of(of_cells, of_values))
    histogram = Histogram(size, kind)
    histogram.add(rows)
    return kind, rows, histogram.counts()


def expected(values: list[int]) -> list[int]:
    listed = sorted(values)
    return [listed[-(-percent * len(listed) // 100) - 1] if listed else 0 for percent in (*PERCENTS, 100)]


def told(ranked, group: int) -> list[int]:
    return [*ranked.percentiles[group].tolist(), int(ranked.largest[group])]


@given(observed(), st.data())
def test_percentiles_of_unions_of_cells_are_those_of_the_sorted_list(drawn, data):
    size, cells, values = drawn
    groups = data.draw(st.integers(1, size))
    target = data.draw(st.lists(st.integers(0, groups - 1), min_size=size, max_size=size))
    kind, rows, counts = counted(size, cells, values)
    fold = Fold(np.array(target, np.intp), groups, NAMES)
    found = search(counts, fold)
    gathered = Gathered(size)
    gathered.add(rows.marked(found.wanted()[fold.target]))
    ranked = found.ranked(fold.target, kind, gathered.all())
    for group in range(groups):
        mine = [value for cell, value in zip(cells, values, strict=True) if target[cell] == group]
        assert told(ranked, group) == expected(mine)
        assert ranked.counts[group] == len(mine)


@given(observed(400), st.integers(0, 400))
def test_what_is_kept_tells_the_same_or_says_that_it_does_not(drawn, cut):
    size, cells, values = drawn
    everything = slice(None)
    kind, settled, old = counted(size, cells, values, only=slice(0, cut))
    _, fresh, new = counted(size, cells, values, only=slice(cut, None))
    fold = Fold(np.arange(size), size, NAMES)
    marks = search(old, fold).generous()
    kept = keep(old, marks, settled.marked(marks))
    found = search(old + new, fold)
    remembered = kept.within(found.wanted(), np.arange(size))
    if remembered is None:
        assert (found.wanted() & ~marks & (old > 0)).any()
        return
    gathered = Gathered(size)
    gathered.add(remembered)
    gathered.add(fresh.marked(found.wanted()))
    ranked = found.ranked(fold.target, kind, gathered.all())
    for cell in range(size):
        mine = [value for at, value in zip(cells[everything], values, strict=True) if at == cell]
        assert told(ranked, cell) == expected(mine)


def test_what_is_kept_holds_out_while_a_group_grows_by_a_fiftieth():
    chance = np.random.default_rng(1)
    values = np.minimum(chance.lognormal(8, 1, 20_000), 2**32 - 1).astype(int).tolist()
    kind, rows, counts = counted(1, [0] * len(values), values)
    fold = Fold(np.zeros(1, np.intp), 1, NAMES)
    marks = search(counts, fold).generous()
    kept = keep(counts, marks, rows.marked(marks))
    assert len(kept.values) < len(values) / 2
    for extreme in (1, 2**31):
        late = [extreme] * (len(values) // 50)
        _, fresh, new = counted(1, [0] * len(late), late)
        found = search(counts + new, fold)
        remembered = kept.within(found.wanted(), np.zeros(1, np.intp))
        assert remembered is not None
        gathered = Gathered(1)
        gathered.add(remembered)
        gathered.add(fresh.marked(found.wanted()))
        assert told(found.ranked(fold.target, kind, gathered.all()), 0) == expected([*values, *late])


def test_likely_bins_of_a_sample_are_mostly_those_of_the_whole():
    chance = np.random.default_rng(2)
    values = np.minimum(chance.lognormal(8, 1, 50_000), 2**32 - 1).astype(int).tolist()
    fold = Fold(np.zeros(1, np.intp), 1, NAMES)
    _, _, part = counted(1, [0] * 5_000, values[:5_000])
    _, _, whole = counted(1, [0] * len(values), values)
    guess, wanted = search(part, fold).likely(), search(whole, fold).wanted()
    assert not (wanted & ~guess).any()
    assert whole[guess].sum() < len(values) / 2


def test_a_histogram_of_many_observations_counts_each_once(monkeypatch):
    monkeypatch.setattr(histograms, "ADDED_TOGETHER", 10)
    chance = np.random.default_rng(3)
    kind = bins(is_float=False, cells=7)
    histogram = Histogram(7, kind)
    seen = 0
    for _ in range(9):
        cells = narrow(chance.integers(0, 7, 13))
        values = chance.integers(1, 10**6, 13).astype(np.uint32)
        has_one = chance.random(13) < 0.7
        histogram.add(Rows(cells, values, has_one, kind.of(cells, values)))
        seen += int(has_one.sum())
    assert int(histogram.counts().sum()) == seen


def test_bins_grow_wider_for_many_cells():
    assert bins(is_float=False, cells=1).count == 33 * 16
    assert bins(is_float=True, cells=100_000).count == 64


@given(st.lists(VALUES, min_size=2, max_size=50))
def test_a_larger_value_is_in_no_lower_bin(values):
    kind = bins(is_float=False, cells=1)
    ascending = np.array(sorted(values), np.uint32)
    at = kind.of(np.broadcast_to(np.uint16(0), ascending.shape), ascending)
    assert (np.diff(at.astype(np.int64)) >= 0).all()
    assert int(at.max()) < kind.count


def test_a_gathered_buffer_keeps_what_is_added_as_it_grows(monkeypatch):
    monkeypatch.setattr(histograms, "GATHERED_MIN", 4)
    gathered = Gathered(3)
    for number in range(30):
        gathered.add(Observations(np.full(3, number % 3, np.uint16), np.full(3, number + 1, np.uint32)))
    assert gathered.all().values.tolist() == [number + 1 for number in range(30) for _ in range(3)]
    kind = bins(is_float=False, cells=3)
    marks = np.ones((3, kind.count), np.bool_)
    marks[1] = False
    assert set(gathered.narrowed(kind, marks).all().cells.tolist()) == {0, 2}


def test_equal_values_are_kept_once_with_how_often_they_are_there():
    chance = np.random.default_rng(3)
    cells = chance.integers(0, 3, 20_000).tolist()
    values = chance.integers(1_000, 1_040, 20_000).tolist()
    _kind, rows, counts = counted(3, cells, values)
    marks = counts > 0
    kept = keep(counts, marks, rows.marked(marks))
    assert kept.times is not None
    assert kept.nbytes < len(values)
    remembered = kept.within(marks, np.arange(3))
    assert remembered is not None
    found = sorted(zip(remembered.cells.tolist(), remembered.values.tolist(), strict=True))
    assert found == sorted(zip(cells, values, strict=True))
