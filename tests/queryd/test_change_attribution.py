"""What made the difference: named when something stands out, silent when nothing does."""

from contextlib import closing
from datetime import datetime

import pytest

from queryd.params.calendar import instant
from queryd.questions import summary
from shared.clock import DAY, HOUR
from tests.queryd.ledger import Ledger, Spent

NOW = instant(datetime.fromisoformat("2026-11-24T12:00:00Z"))
TODAY = instant(datetime.fromisoformat("2026-11-24T00:00:00Z"))


@pytest.fixture
def ledger(tmp_path):
    with closing(Ledger(tmp_path / "app.db")) as made:
        yield made


def explain(ledger: Ledger, metric: str = "cost_nanos", query: str = "range=today&compare=previous"):
    answer = ledger.ask(summary.summary, summary.PARAMETERS, f"{query}&contribution={metric}", now=NOW)
    return answer.contribution


def spend(day: int, hour: int, cost: int, *, model: int = 1, api_key: int = 1) -> Spent:
    return Spent(TODAY + day * DAY + hour * HOUR, model, api_key=api_key, cost_nanos=cost)


def test_the_model_and_key_behind_a_dearer_day_are_named(ledger):
    ledger.add([spend(-1, 2, 100, model=1, api_key=1), spend(-1, 3, 100, model=2, api_key=2)])
    ledger.add([spend(0, 2, 90, model=1, api_key=1), spend(0, 9, 210, model=2, api_key=2)])
    found = explain(ledger)
    assert found.change == 100
    assert [(part.filters, part.change, part.share) for part in found.parts] == [
        ({"model": "gpt-5.4", "api_key": "2"}, 110, 1.1)
    ]
    assert found.parts[0].labels == {"model": "gpt-5.4", "api_key": "sk-…2"}


def test_a_model_is_named_alone_when_many_keys_share_its_change(ledger):
    ledger.add([spend(-1, 2, 10, model=1, api_key=key) for key in (1, 2, 3)])
    ledger.add([spend(0, 2, 30, model=1, api_key=key) for key in (1, 2, 3)])
    (part,) = explain(ledger).parts
    assert part.filters == {"model": "claude-opus-4-6"}
    assert part.share == 1


def test_the_hours_in_which_most_of_it_happened_are_named(ledger):
    ledger.add([spend(-1, hour, 10) for hour in range(12)])
    ledger.add([spend(0, hour, 10 + 200 * (hour in {4, 5})) for hour in range(12)])
    when = explain(ledger).when
    assert (when.from_, when.to) == ("2026-11-24T04:00:00+00:00", "2026-11-24T06:00:00+00:00")
    assert (when.change, when.share) == (400, 1)


def test_days_are_named_in_longer_ranges(ledger):
    ledger.add([spend(-day, 2, 10) for day in range(14)])
    ledger.add([spend(-3, 5, 500)])
    when = explain(ledger, query="range=7d&compare=previous").when
    assert (when.from_, when.to) == ("2026-11-21T00:00:00+00:00", "2026-11-22T00:00:00+00:00")


def test_a_fall_is_explained_like_a_rise(ledger):
    ledger.add([spend(-1, 2, 500, model=1), spend(-1, 3, 100, model=2)])
    ledger.add([spend(0, 2, 100, model=1), spend(0, 3, 120, model=2)])
    found = explain(ledger)
    assert found.change == -380
    assert found.parts[0].filters["model"] == "claude-opus-4-6"
    assert found.parts[0].change == -400


def test_it_is_silent_about_a_small_change(ledger):
    ledger.add([spend(-1, 2, 1_000), spend(0, 2, 1_099)])
    found = explain(ledger)
    assert (found.change, found.parts, found.when) == (99, (), None)


def test_it_names_nobody_when_everybody_is_behind_it(ledger):
    ledger.add([spend(-1, 2, 10, model=model, api_key=key) for model in (1, 2, 3, 4) for key in (1, 2, 3)])
    ledger.add([spend(0, 2, 20, model=model, api_key=key) for model in (1, 2, 3, 4) for key in (1, 2, 3)])
    found = explain(ledger)
    assert found.change == 120
    assert {tuple(part.filters) for part in found.parts} <= {("api_key",)}
    assert all(part.share >= 0.3 for part in found.parts)


def test_what_was_nothing_before_is_explained_too(ledger):
    ledger.add([spend(0, 2, 20, model=3)])
    found = explain(ledger)
    assert (found.change, found.parts[0].share) == (20, 1)


def test_requests_are_explained_as_costs_are(ledger):
    ledger.add([spend(-1, 2, 0)])
    ledger.add([spend(0, hour, 0) for hour in range(5)])
    assert explain(ledger, "requests").change == 4


def test_without_a_comparison_there_is_nothing_to_explain(ledger):
    ledger.add([spend(0, 2, 20)])
    assert explain(ledger, query="range=today") is None
