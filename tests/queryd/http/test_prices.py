"""Prices as a person edits them: each edit a version, checked by field; new requests cost by it, stored ones do not."""

import json
from contextlib import closing

import pytest

from ingestd.pricebook import catalogue, catalogue_format
from ingestd.reprice import Repricing, Scope
from queryd.endpoints import API
from shared import commands
from shared.database import open_writer
from shared.schema.prices import EDITED_PRICE_IDS_FROM
from tests.queryd.http.conftest import NOW, collector_of
from tests.queryd.http.test_events import request

RATES = {"input": 2.5, "cache_read": 0.25, "cache_write": 3.125, "output": 10}
TOKENS = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}


@pytest.fixture
def collector(writer):
    catalogue.seed(writer, catalogue_format.read(), NOW)
    return collector_of(writer)


def send(collector, number, model="atlas-llama-4-ft", **fields):
    collector.send(
        request(
            number, at_ms=number, provider="openai-compatible-x", executor_type="OpenAICompatExecutor", model=model,
            alias=model, tokens=TOKENS, **fields,
        )
    )  # fmt: skip


def ask(client, method, path, body=None, status=200):
    answer = client.simulate_request(method, f"{API}/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json


def prices(client):
    return ask(client, "GET", "prices?range=24h")


def costs(client):
    rows = client.simulate_get(f"{API}/events", params={"range": "24h", "limit": 200, "sort": "occurred_at"}).json
    return [row["cost_nanos"] for row in rows["events"]]


def enter(client, status=201, **fields):
    return ask(client, "POST", "prices", {"model": "atlas-llama-4-ft", "rates": RATES, **fields}, status)


def test_unpriced_models_come_first_with_what_they_cost_the_picture(client, collector):
    for number in range(3):
        send(collector, number)
    send(collector, 5, model="gpt-5.5")
    found = prices(client)
    (unpriced,) = found["unpriced"]
    assert (unpriced["model"], unpriced["requests"], unpriced["total_tokens"]) == ("atlas-llama-4-ft", 3, 3_000_000)
    assert unpriced["first_seen_at"].startswith(found["as_of"][:10] + "T00:00:00")
    (used,) = found["in_use"]
    assert (used["model"], used["requests"], used["cost_nanos"]) == ("gpt-5.5", 1, 10_000_000_000)
    assert used["price"]["source"] == "bundled"
    assert used["price"]["seller"]["name"] == "OpenAI"
    assert used["price"]["rates"]["input"] == 5
    assert found["settings"] == {"claude_login_writes_1h": True, "key_writes_1h": False}


def test_models_in_use_show_every_version_of_the_catalogue(client, collector):
    send(collector, 1, model="deepseek-v4-pro")
    found = prices(client)
    (used,) = found["in_use"]
    listed = [each["id"] for each in found["listed"]]
    assert used["price"]["id"] in listed
    assert {each["model"] for each in found["listed"]} == {used["price"]["model"]}
    begins = [each["effective_from"] or "" for each in found["listed"]]
    assert begins == sorted(begins)


def test_a_price_counts_for_new_requests_and_leaves_stored_ones_as_they_are(client, collector):
    send(collector, 1)
    entered = enter(client)
    assert int(entered["id"]) >= EDITED_PRICE_IDS_FROM
    assert (entered["source"], entered["rates"]["output"], entered["effective_from"]) == ("manual", 10, None)
    send(collector, 2)
    assert costs(client) == [None, 2_500_000_000]
    assert [each["id"] for each in prices(client)["edited"]] == [entered["id"]]


def test_a_version_from_a_date_and_back(client, collector):
    enter(client)
    later = enter(client, rates={**RATES, "input": 5}, effective_from="2026-11-24T00:00:00+00:00")
    send(collector, 1)
    undone = ask(client, "POST", f"prices/{later['id']}/undo", status=201)
    assert (undone["undoes"], undone["rates"]["input"]) == (later["id"], 2.5)
    assert undone["effective_from"] == later["effective_from"]
    send(collector, 2)
    assert costs(client) == [5_000_000_000, 2_500_000_000]
    assert len(prices(client)["edited"]) == 3


def test_to_undo_the_only_price_ends_it(client, collector):
    only = enter(client, model="gpt-5.5")
    send(collector, 1, model="gpt-5.5")
    assert ask(client, "POST", f"prices/{only['id']}/undo", status=201)["ends"]
    send(collector, 2, model="gpt-5.5")
    assert costs(client) == [2_500_000_000, 10_000_000_000]


def test_a_rule_multiplies_until_it_is_taken_away(client, collector):
    enter(client)
    rule = ask(client, "POST", "price-rules", {"key": "model", "value": "atlas-llama-4-ft", "multiplier": 0.8}, 201)
    send(collector, 1)
    gone = ask(client, "DELETE", f"price-rules/{rule['id']}")
    assert gone["retired_at"] is not None
    send(collector, 2)
    assert costs(client) == [2_000_000_000, 2_500_000_000]
    assert [each["id"] for each in prices(client)["rules"]] == [rule["id"]]
    ask(client, "DELETE", f"price-rules/{rule['id']}", status=404)


@pytest.mark.usefixtures("collector")
def test_what_is_assumed_of_cache_writes_is_chosen(client):
    chosen = ask(client, "PATCH", "price-settings", {"key_writes_1h": True})
    assert chosen == {"claude_login_writes_1h": True, "key_writes_1h": True}
    assert prices(client)["settings"] == chosen


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"model": " "}, "model"),
        ({"rates": None}, "rates"),
        ({"rates": RATES | {"input": -1}}, "rates.input"),
        ({"rates": RATES | {"output": 0.0000001}}, "rates.output"),
        ({"rates": RATES | {"output": 2_000_000_000_000}}, "output"),
        ({"rates": {"input": 1}}, "cache_read"),
        ({"multiplier": 1_001}, "multiplier"),
        ({"effective_from": "tomorrow"}, "effective_from"),
        ({"effective_from": "2026-12-01T00:00:00"}, "effective_from"),
        ({"context_tiers": [{"above": 5, "rates": RATES}, {"above": 5, "rates": RATES}]}, "context_tiers"),
        ({"colour": "red"}, "colour"),
    ],
)
@pytest.mark.usefixtures("collector")
def test_a_price_that_makes_no_sense_is_refused_by_its_field(client, wrong, field):
    error = enter(client, status=400, **wrong)["error"]
    assert error["parameter"].endswith(field)
    assert prices(client)["edited"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": "colour"}, "key"),
        ({"value": ""}, "value"),
        ({"multiplier": -0.5}, "multiplier"),
        ({"effective_from": "2026-12-01T00:00:00Z", "effective_until": "2026-12-01T00:00:00Z"}, "effective_until"),
        ({"hours": {"start": 7_200, "end": 3_600}}, "hours"),
        ({"hours": {"weekdays": []}}, "weekdays"),
        ({"hours": {"weekdays": [8]}}, "hours.weekdays[0]"),
    ],
)
@pytest.mark.usefixtures("collector")
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(client, wrong, field):
    body = {"key": "model", "value": "m", "multiplier": 2} | wrong
    assert ask(client, "POST", "price-rules", body, 400)["error"]["parameter"].endswith(field)


@pytest.mark.usefixtures("collector")
def test_a_second_rule_for_the_same_value_and_moment_is_refused(client):
    body = {"key": "model", "value": "m", "multiplier": 2}
    ask(client, "POST", "price-rules", body, 201)
    assert ask(client, "POST", "price-rules", body, 400)["error"]["parameter"] == "value"


@pytest.mark.parametrize("path", ["prices/7/undo", "prices/x/undo", "prices/2000000/undo"])
@pytest.mark.usefixtures("collector")
def test_what_is_not_a_persons_cannot_be_undone(client, path):
    ask(client, "POST", path, status=404)


def test_what_was_stored_is_priced_anew_and_every_answer_follows(client, collector, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 4)
    monkeypatch.setattr("ingestd.seal.CHUNK_ROWS_MAX", 4)
    for number in range(10):
        send(collector, number)

    def totals():
        metrics = client.simulate_get(f"{API}/summary", params={"range": "24h", "cost_by": "kind"}).json["metrics"]
        return metrics["cost_nanos"], metrics["cost_uncached_nanos"], metrics["unpriced_requests"]

    assert totals() == (0, 0, 10)
    enter(client)
    assert totals() == (0, 0, 10)
    assert Repricing(collector.writer, Scope(), lambda _: None).run().requests == 10
    assert totals() == (25_000_000_000, 25_000_000_000, 0)
    assert costs(client) == [2_500_000_000] * 10
    assert prices(client)["unpriced"] == []


def test_a_change_offers_to_price_stored_requests_anew_until_that_is_done(client, settings, collector):
    send(collector, 1)
    assert prices(client)["changed_at"] is None
    enter(client)
    assert prices(client)["changed_at"] is not None
    with closing(open_writer(settings.database, "queryd")) as editor:
        editor.execute(
            "insert into command (id, kind, arguments, requested_at, requested_by) values (7, 'reprice', '{}', 0, '')"
        )
    collector.writer.execute(
        "insert into command_run (command_id, state, started_at, finished_at, progress, result, error)"
        " values (7, 'done', ?, ?, 1, '{}', '')",
        (NOW * 2, NOW * 2),
    )
    assert prices(client)["changed_at"] is None


def test_an_upgrade_that_brings_prices_offers_it_too(client, collector):
    send(collector, 1)
    newer = catalogue_format.read().replace(b'["gpt-5.5",true', b'["gpt-5.5-x",true')
    assert catalogue.seed(collector.writer, newer, NOW + 5) > 0
    assert prices(client)["changed_at"] is not None
    assert costs(client) == [None]


def test_tokens_known_only_as_a_total_are_not_a_missing_price(client, collector):
    collector.send(
        request(1, provider="openai-compatible-x", executor_type="OpenAICompatExecutor", model="gpt-5.5",
                tokens={"total_tokens": 42}),
    )  # fmt: skip
    assert prices(client)["unpriced"] == []
    assert costs(client) == [None]
    send(collector, 2)
    metrics = client.simulate_get(f"{API}/summary", params={"range": "24h"}).json["metrics"]
    assert (metrics["unpriced_requests"], metrics["tokens_unknown_requests"]) == (2, 1)


def done_sync(writer, editor, changes):
    """A sync that ingestd has run, and what it found."""
    row = editor.execute(
        "insert into command (kind, arguments, requested_at, requested_by) values ('sync_models_dev', '{}', 0, '')"
        " returning id"
    ).fetchone()
    writer.execute(
        "insert into command_run (command_id, state, started_at, finished_at, progress, result, error)"
        " values (?, 'done', 0, 0, 1, ?, '')",
        (row[0], json.dumps({"changed": changes})),
    )
    return row[0]


def change(model, old=None):
    rates = {"input": 2_500_000, "cache_read": 250_000, "cache_write": 0, "output": 15_000_000}
    return {
        "model": model,
        "matched_model": model,
        "match_type": "index_exact",
        "source_provider_id": "acme",
        "source_provider_name": "Acme",
        "old": old,
        "new": {"rates": rates, "context_tiers": []},
    }


def test_two_of_five_changes_are_applied_as_versions(client, settings, collector):
    names = ["atlas-llama-4-ft", "b", "c", "gpt-5.5", "e"]
    old = {"rates": {}, "context_tiers": [], "source": "bundled"}
    with closing(open_writer(settings.database, "queryd")) as editor:
        command = done_sync(
            collector.writer, editor, [change(name, old if name == "gpt-5.5" else None) for name in names]
        )
    body = {"command": str(command), "models": ["atlas-llama-4-ft", "gpt-5.5"]}
    applied = ask(client, "POST", "prices/sync", body, 201)["versions"]
    assert {(each["model"], each["source"], each["origin"]) for each in applied} == {
        ("atlas-llama-4-ft", "synced", "models.dev: acme/atlas-llama-4-ft"),
        ("gpt-5.5", "synced", "models.dev: acme/gpt-5.5"),
    }
    assert {each["model"]: each["effective_from"] is None for each in applied} == {
        "atlas-llama-4-ft": True,
        "gpt-5.5": False,
    }
    send(collector, 1)
    assert costs(client) == [2_500_000_000]
    assert ask(client, "POST", "prices/sync", body | {"models": ["z"]}, 400)["error"]["parameter"] == "models"
    wrong = {"command": "999", "models": ["b"]}
    assert ask(client, "POST", "prices/sync", wrong, 400)["error"]["parameter"] == "command"


def test_an_image_rate_is_kept_shown_and_charged(client, collector):
    step = {"above": 2_000_000, "rates": RATES | {"image": 80}}
    entered = enter(client, rates=RATES | {"image": 40}, context_tiers=[step])
    assert entered["rates"]["image"] == 40
    assert entered["context_tiers"][0]["rates"]["image"] == 80
    tokens = {"input_tokens": 1_000_000, "output_tokens": 1_000, "total_tokens": 1_001_000}
    collector.send(
        request(1, at_ms=1, provider="openai-compatible-x", executor_type="OpenAICompatExecutor",
                model="atlas-llama-4-ft", tokens=tokens)
    )  # fmt: skip
    assert costs(client) == [2_540_000_000]
    (row,) = client.simulate_get(f"{API}/events", params={"range": "24h"}).json["events"]
    lines = {line["bucket"]: line for line in ask(client, "GET", f"events/{row['id']}")["price"]["lines"]}
    assert (lines["image_output"]["tokens"], lines["image_output"]["cost_nanos"]) == (1_000, 40_000_000)
    assert "image_assumed" in ask(client, "GET", f"events/{row['id']}")["cost_marks"]


def test_a_preview_asks_ingestd_and_enters_nothing(client, collector):
    body = {"model": " atlas-llama-4-ft ", "rates": RATES, "effective_from": "2026-11-24T00:00:00Z"}
    filed = ask(client, "POST", "prices/preview", body, 202)
    assert (filed["kind"], filed["state"]) == ("preview_price", "queued")
    (row,) = collector.writer.execute("select kind, arguments from command").fetchall()
    filed_as = commands.decode(*row)
    assert isinstance(filed_as, commands.PreviewPrice)
    draft = filed_as.price
    assert (draft.id, draft.model, draft.rates.input) == (EDITED_PRICE_IDS_FROM, "atlas-llama-4-ft", 2_500_000)
    assert ask(client, "POST", "prices/preview", body, 202)["id"] == filed["id"]
    assert prices(client)["edited"] == []
    wrong = body | {"rates": RATES | {"image": -1}}
    assert ask(client, "POST", "prices/preview", wrong, 400)["error"]["parameter"].endswith("rates.image")


def test_several_versions_are_taken_back_together_or_not_at_all(client, collector):
    first, second = enter(client), enter(client, rates=RATES | {"input": 5})
    other = enter(client, model="gpt-5.5")
    missing = {"versions": [first["id"], other["id"], "2000000"]}
    ask(client, "POST", "prices/undo", missing, 400)
    assert len(prices(client)["edited"]) == 3
    every = {"versions": [first["id"], second["id"], other["id"]]}
    undone = ask(client, "POST", "prices/undo", every, 201)["versions"]
    assert {each["undoes"] for each in undone} == set(every["versions"])
    send(collector, 1)
    send(collector, 2, model="gpt-5.5")
    assert costs(client) == [None, 10_000_000_000]
