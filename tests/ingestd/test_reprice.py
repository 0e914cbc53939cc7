"""Stored requests priced anew: rows and columns together, the same whatever happens in between, once and for all."""

from contextlib import closing
from pathlib import Path

import pytest

from ingestd.check import of_columns, of_rows
from ingestd.reprice import Repricing, Scope
from shared.database import open_writer
from shared.price_versions import add_version
from shared.prices import Price, Rates, Source
from tests.ingestd.conftest import payload

MODEL = "atlas-llama-4-ft"


def told(_: float) -> None:
    """Progress that nobody listens to."""


@pytest.fixture
def stored(line, monkeypatch):
    """Chunks and a tail of requests whose model has no price."""
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 16)
    monkeypatch.setattr("ingestd.seal.CHUNK_ROWS_MAX", 64)
    send(line, 0, 100)
    return line


def send(line, first: int, last: int) -> None:
    line.store(*(payload(n, model=MODEL, alias=MODEL, tokens=tokens(n)) for n in range(first, last)))


def tokens(n: int) -> dict:
    return {"input_tokens": 1_000 + n, "output_tokens": 10, "total_tokens": 1_010 + n}


def enter(line, dollars: int) -> None:
    path = Path(line.connection.execute("pragma database_list").fetchone()[2])
    with closing(open_writer(path, "queryd")) as editor:
        add_version(editor, Price(0, Source.MANUAL, "", MODEL, "", 0, Rates(*[dollars * 1_000_000] * 4)), 0)


def expected(count: int, dollars: int) -> int:
    return sum((1_010 + n) * dollars * 1_000 for n in range(count))


def costs(line):
    assert of_rows(line.connection) == of_columns(line.connection)
    return line.number("select coalesce(sum(cost_nanos), 0) from event")


def test_a_preview_counts_what_would_change_and_changes_nothing(stored):
    enter(stored, 2)
    before = of_columns(stored.connection)
    changes = Repricing(stored.connection, Scope(), told).preview()
    (model,) = changes.models
    assert (model.model, model.requests, model.unpriced_before, model.unpriced_after) == (MODEL, 100, 100, 0)
    assert (changes.before_nanos, changes.after_nanos, changes.unreachable) == (0, expected(100, 2), 0)
    assert of_columns(stored.connection) == before
    assert costs(stored) == 0


def test_rows_and_columns_are_priced_anew_together_and_only_once(stored):
    enter(stored, 2)
    changes = Repricing(stored.connection, Scope(), told).run()
    assert (changes.requests, changes.after_nanos) == (100, costs(stored)) == (100, expected(100, 2))
    assert Repricing(stored.connection, Scope(), told).run().requests == 0
    enter(stored, 3)
    changes = Repricing(stored.connection, Scope(), told).run()
    assert (changes.before_nanos, changes.after_nanos) == (expected(100, 2), expected(100, 3))
    assert costs(stored) == expected(100, 3)


def test_only_what_is_in_scope_is_priced_anew(stored):
    enter(stored, 2)
    assert Repricing(stored.connection, Scope(models=("another",)), told).run().requests == 0
    first, last = stored.connection.execute("select min(occurred_at), max(occurred_at) from event").fetchone()
    middle = (first + last) // 2
    inside = stored.number(f"select count(*) from event where occurred_at >= {middle}")
    assert 0 < inside < 100
    assert Repricing(stored.connection, Scope(start=middle), told).run().requests == inside
    assert stored.number("select count(*) from event where cost_nanos is not null") == inside
    costs(stored)


def test_a_models_requests_are_all_that_its_prices_and_rules_can_concern(line):
    named = [(MODEL.upper(), "a"), (f"{MODEL}[1m]", "b"), ("another", MODEL), ("claude-opus-4-6-20260205", "c")]
    for n, (model, alias) in enumerate(named):
        line.store(payload(n, model=model, alias=alias, provider="claude", tokens=tokens(n)))
    enter(line, 2)
    found = Repricing(line.connection, Scope(models=(MODEL,)), told).preview()
    assert (found.looked_at, {each.model for each in found.models}) == (3, {model for model, _ in named[:3]})
    assert Repricing(line.connection, Scope(models=("claude-opus-4-6",)), told).preview().looked_at == 1


class Killed(Exception):
    """What ends a run between two transactions."""


@pytest.mark.parametrize("after", range(1, 12))
def test_a_run_that_ends_half_way_leaves_a_sound_file_and_the_next_does_the_rest(stored, monkeypatch, after):
    monkeypatch.setattr("ingestd.reprice.STEP_ROWS", 10)
    enter(stored, 2)
    steps = 0

    def kill(_: float) -> None:
        nonlocal steps
        steps += 1
        if steps == after:
            raise Killed

    with pytest.raises(Killed):
        Repricing(stored.connection, Scope(), kill).run()
    assert costs(stored) <= expected(100, 2)
    Repricing(stored.connection, Scope(), told).run()
    assert costs(stored) == expected(100, 2)


@pytest.mark.parametrize("after", range(1, 9))
def test_what_is_sealed_and_merged_meanwhile_is_found_again(stored, monkeypatch, after):
    monkeypatch.setattr("ingestd.seal.MERGE_CHUNKS", 2)
    monkeypatch.setattr("ingestd.reprice.STEP_ROWS", 10)
    enter(stored, 2)
    steps = 0

    def meanwhile(_: float) -> None:
        nonlocal steps
        steps += 1
        if steps == after:
            send(stored, 100, 140)

    Repricing(stored.connection, Scope(), meanwhile).run()
    Repricing(stored.connection, Scope(), told).run()
    assert costs(stored) == expected(140, 2)


def test_a_run_and_a_preview_hold_while_the_collector_writes_on_its_own_connection(stored):
    enter(stored, 2)
    path = Path(stored.connection.execute("pragma database_list").fetchone()[2])
    sent = 100

    def meanwhile(_: float) -> None:
        nonlocal sent
        send(stored, sent, sent + 1)
        sent += 1

    with closing(open_writer(path, "ingestd")) as worker:
        assert Repricing(worker, Scope(), meanwhile).preview().requests >= 100
        Repricing(worker, Scope(), meanwhile).run()
        Repricing(worker, Scope(), told).run()
    assert costs(stored) == expected(sent, 2)


def test_requests_whose_rows_are_gone_are_told_and_left_as_they_are(stored):
    enter(stored, 2)
    stored.connection.execute("delete from event where inbox_id <= 16")
    changes = Repricing(stored.connection, Scope(), told).run()
    assert (changes.requests, changes.unreachable) == (84, 16)


def test_a_draft_is_previewed_as_what_entering_it_would_change(stored):
    enter(stored, 5)
    Repricing(stored.connection, Scope(), told).run()
    at = stored.number("select min(occurred_at) from event") + 1
    rates = Rates(2_000_000, 2_000_000, 2_000_000, 2_000_000)
    draft = Price(2_000_000, Source.MANUAL, "", MODEL.upper(), "", at, rates)
    changes = Repricing(stored.connection, Scope(start=at, models=(MODEL,)), told, draft).preview()
    assert (changes.requests, changes.before_nanos * 2) == (99, changes.after_nanos * 5)
    assert costs(stored) == expected(100, 5)
    assert stored.number("select count(*) from price") == 1
    elsewhere = Price(2_000_000, Source.MANUAL, "another", MODEL, "", 0, rates)
    assert Repricing(stored.connection, Scope(), told, elsewhere).preview().requests == 0


def test_output_that_is_an_image_costs_what_a_person_entered(stored):
    path = Path(stored.connection.execute("pragma database_list").fetchone()[2])
    rates = Rates(1_000_000, 1_000_000, 1_000_000, 2_000_000, None, 40_000_000)
    with closing(open_writer(path, "queryd")) as editor:
        add_version(editor, Price(0, Source.MANUAL, "", MODEL, "", 0, rates), 0)
    Repricing(stored.connection, Scope(), told).run()
    assert costs(stored) == sum((1_000 + n) * 1_000 + 10 * 40_000 for n in range(100))
