"""Sums are exact to the last digit, however large; what is matched is what the filters say."""

from contextlib import closing
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import queryd.aggregate.sums
from ingestd import seal
from queryd.aggregate import grouping
from queryd.aggregate.grid import scatter
from queryd.aggregate.row_selection import _speed_codes, speed
from queryd.aggregate.sums import Measures
from queryd.params.calendar import instant
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.questions import breakdown, summary
from shared.clock import HOUR, MINUTE
from tests.queryd.ledger import Ledger, Spent

NOW = instant(datetime.fromisoformat("2026-11-24T12:00:00Z"))
TOKENS = frozenset(("input_tokens", "output_tokens"))


@pytest.fixture
def ledger(tmp_path):
    with closing(Ledger(tmp_path / "app.db")) as made:
        yield made


@pytest.mark.parametrize("largest", [10**15, 2**53 + 1, 2**62])
@pytest.mark.parametrize("sealed", [False, True])
def test_sums_beyond_what_a_float_or_an_int64_holds_are_exact(ledger, monkeypatch, largest, sealed):
    if sealed:
        monkeypatch.setattr(seal, "TAIL_ROWS", 50)
    batch = [Spent(NOW - 1_000_000 - n, model=1 + n % 3, input_tokens=largest - n, cost_nanos=n) for n in range(100)]
    ledger.add(batch)
    with ledger.snapshot() as seen:
        chosen = seen.select((), Span(NOW - HOUR, NOW))
        whole = seen.aggregate(chosen, (), Measures(TOKENS))
        by_model = seen.aggregate(chosen, (grouping.dimension("model", seen.names),), Measures(TOKENS))
    assert whole.sums["input_tokens"].tolist() == [sum(each.input_tokens for each in batch)]
    assert by_model.sums["input_tokens"].tolist() == [
        sum(each.input_tokens for each in batch if each.model == model) for model in (1, 2, 3)
    ]
    answer = ledger.ask(summary.summary, summary.PARAMETERS, "range=1h", now=NOW)
    assert answer.metrics.total_tokens == sum(each.input_tokens for each in batch)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**63 - 1)), min_size=1, max_size=20))
def test_adding_up_never_overflows(pairs):
    target = np.array([cell for cell, _ in pairs])
    values = np.array([value for _, value in pairs], np.int64)
    expected = [sum(value for cell, value in pairs if cell == each) for each in range(4)]
    assert scatter(target, values, 4).tolist() == expected


def test_many_cells_are_reduced_to_those_that_occur(ledger, monkeypatch):
    batch = [
        Spent(NOW - MINUTE * n, model=1 + n % 4, api_key=1 + n % 3, credential=1 + n % 2, input_tokens=n)
        for n in range(60)
    ]
    ledger.add(batch)
    found = []
    for dense in (1, 4_096):
        monkeypatch.setattr(queryd.aggregate.sums, "DENSE_CELLS", dense)
        with ledger.snapshot() as seen:
            chosen = seen.select((), Span(NOW - 2 * HOUR, NOW + 1))
            kinds = [grouping.dimension(name, seen.names) for name in ("model", "api_key", "credential")]
            table = seen.aggregate(chosen, kinds, Measures(TOKENS, frozenset(("latency_ms",))))
            found.append(([axis.tolist() for axis in table.axes], table.sums["input_tokens"].tolist()))
    assert found[0] == found[1]
    assert len(found[0][1]) == 12


def test_unknown_values_select_nothing_and_exclude_nothing(ledger):
    ledger.add([Spent(NOW - 1_000), Spent(NOW - 2_000, model=2)])
    with ledger.snapshot() as seen:
        span = Span(NOW - HOUR, NOW)
        assert seen.select((Filter("model", ("unknown",)),), span).impossible
        assert seen.select((Filter("credential", ("999999999999",)),), span).impossible
        everything = seen.select((Filter("model", (), ("unknown",)),), span)
        assert seen.aggregate(everything, (), Measures(frozenset())).sums["requests"].tolist() == [2]
        none = seen.aggregate(seen.select((Filter("model", ("unknown",)),), span), (), Measures(TOKENS))
        assert none.sums["requests"].tolist() == [0]


def test_filters_of_one_column_are_combined(ledger):
    ledger.add([Spent(NOW - n, route=1 + n % 4, failed=n % 3 == 0, error_class=n % 3 == 0) for n in range(1, 25)])
    answer = ledger.ask(
        breakdown.breakdown,
        breakdown.PARAMETERS,
        "range=1h&by=endpoint&provider=claude&reasoning_effort=!high&result=failed&error_class=rate_limited",
        now=NOW,
    )
    assert [(row.group.id, row.metrics.requests) for row in answer.rows] == [("POST /v1/messages", 2)]


def test_the_ends_of_a_range_are_exact_to_the_millisecond(ledger):
    ledger.add([Spent(NOW - HOUR - 1), Spent(NOW - HOUR), Spent(NOW - 1), Spent(NOW), Spent(NOW + 1)])
    assert ledger.ask(summary.summary, summary.PARAMETERS, "range=1h", now=NOW).metrics.requests == 2


def test_a_speed_is_told_to_seven_digits():
    codes = _speed_codes(np.array([935, 1, 2**40]), np.array([18_432 - 1_240, 2**32 - 2, 1], float))
    assert [speed(int(code)) for code in codes] == [54.38576, 2.328306e-07, 549755800000.0]
