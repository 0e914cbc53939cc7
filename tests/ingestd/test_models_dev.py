"""models.dev: which of its models a name means (the contract's worked matches), what differs, and when it is away."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingestd import models_dev
from ingestd.models_dev import Index, Unreachable, fetch, preview
from ingestd.pricebook import catalogue, catalogue_format
from shared.database import open_writer
from shared.price_versions import add_version
from shared.prices import Price, Rates, Source
from tests.ingestd.conftest import NOW, payload


def model(name: str = "", updated: str = "", **cost) -> dict:
    return {"name": name, "last_updated": updated, "cost": cost} if cost else {"name": name}


TERRA = model(
    "GPT-5.6 Terra", "2026-07-09", input=2.5, output=15, cache_read=0.25, cache_write=3.125,
    tiers=[
        {
            "input": 5, "output": 22.5, "cache_read": 0.5, "cache_write": 6.25,
            "tier": {"type": "context", "size": 272000},
        },
    ],
)  # fmt: skip
LIST = {
    "openai": {"id": "openai", "name": "OpenAI", "models": {"gpt-5.6-terra": TERRA}},
    "302ai": {
        "id": "302ai",
        "models": {
            "gpt-5.6-terra": model("", "2026-09-01", input=9, output=99),
            "deepseek-chat": model("", "2026-09-01", input=3, output=15),
        },
    },
    "vercel": {
        "id": "vercel",
        "models": {
            "openai/gpt-5.6-terra": model(input=9, output=99),
            "minimax/minimax-m3": model(input=0.3, output=1.2),
        },
    },
    "anthropic": {
        "id": "anthropic",
        "models": {
            "claude-sonnet-4-6": model("Claude Sonnet 4.6", input=3, output=15, cache_read=0.3, cache_write=3.75)
        },
    },
    "deepseek": {"id": "deepseek", "models": {"deepseek-chat": model(input=0.27, output=1.1, cache_read=0.07)}},
    "openrouter": {
        "id": "openrouter",
        "models": {"deepseek/deepseek-v3.2": model(input=0.2145, output=0.32175)},
    },
    "minimax-coding-plan": {"id": "minimax-coding-plan", "models": {"MiniMax-M3": model(input=0, output=0)}},
    "xiaomi": {"id": "xiaomi", "models": {"mimo-v2.5-pro": model(input=0.435, output=0.87)}},
    "mimo": {"id": "mimo", "models": {"mimo-v2.5-pro": model(input=9, output=18)}},
    "bad": {
        "id": "bad",
        "models": {"neg-model": model(input=1, output=2, cache_write=-1), "nocost": model("No cost")},
    },
}
DATA = json.dumps(LIST).encode()


def micros(*dollars: float) -> Rates:
    into, out, read, write = (round(each * 1_000_000) for each in dollars)
    return Rates(into, read, write, out)


@pytest.mark.parametrize(
    ("asked", "provider", "found", "how", "rates"),
    [
        ("Claude Sonnet 4.6", "anthropic", "claude-sonnet-4-6", "index_exact", micros(3, 15, 0.3, 3.75)),
        ("MIMO/mimo-v2.5-pro", "xiaomi", "mimo-v2.5-pro", "index_suffix", micros(0.435, 0.87, 0, 0)),
        ("claude_sonnet_4_6", "anthropic", "claude-sonnet-4-6", "index_normalized", micros(3, 15, 0.3, 3.75)),
        ("deepseek-chat", "deepseek", "deepseek-chat", "index_exact", micros(0.27, 1.1, 0.07, 0)),
        (
            "deepseek/deepseek-v3.2", "openrouter", "deepseek/deepseek-v3.2", "index_suffix",
            micros(0.2145, 0.32175, 0, 0),
        ),
        ("gpt-5.6-terra", "openai", "gpt-5.6-terra", "index_exact", micros(2.5, 15, 0.25, 3.125)),
        ("minimax-m3", "vercel", "minimax/minimax-m3", "index_exact", micros(0.3, 1.2, 0, 0)),
        ("openai/gpt-5.6-terra", "openai", "gpt-5.6-terra", "index_suffix", micros(2.5, 15, 0.25, 3.125)),
    ],
)  # fmt: skip
def test_the_worked_matches_of_the_contract(asked, provider, found, how, rates):
    match = Index(DATA).find(asked)
    assert match is not None
    assert (match.offer.provider, match.offer.model, match.how, match.rates) == (provider, found, how, rates)


@pytest.mark.parametrize("asked", ["gpt-6", "neg-model", "nocost", ""])
def test_what_nobody_lists_with_a_price_is_unmatched(asked):
    assert Index(DATA).find(asked) is None


def test_its_context_tiers_come_along():
    match = Index(DATA).find("gpt-5.6-terra")
    assert match is not None
    assert [(tier.above, tier.rates) for tier in match.context_tiers] == [(272_000, micros(5, 22.5, 0.5, 6.25))]


def test_a_preview_lists_old_and_new_of_what_differs_alone(line):
    catalogue.seed(line.connection, catalogue_format.read(), NOW)
    path = Path(line.connection.execute("pragma database_list").fetchone()[2])
    with closing(open_writer(path, "queryd")) as editor:
        add_version(editor, Price(0, Source.MANUAL, "", "deepseek-chat", "", 0, micros(0.27, 1.1, 0.07, 0)), NOW)
    names = ("claude-sonnet-4-6", "deepseek-chat", "minimax-m3", "mimo-v2.5-pro", "gpt-6")
    line.store(*(payload(n, model=name, alias=name) for n, name in enumerate(names)))
    found = preview(line.connection, DATA, NOW)
    changed = {each["model"]: each for each in found["changed"]}
    assert "claude-sonnet-4-6" not in changed
    assert "deepseek-chat" not in changed
    assert changed["minimax-m3"]["old"]["source"] == "bundled"
    assert changed["minimax-m3"]["new"]["rates"]["output"] == 1_200_000
    assert found["same"] == 2
    assert "gpt-6" in found["unmatched_models"]
    assert found["metadata_models"] == 13


@pytest.fixture
def served() -> Iterator[tuple[str, dict]]:
    said: dict = {"status": 200, "body": DATA}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(said["status"])
            self.end_headers()
            self.wfile.write(said["body"])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api.json", said
    server.shutdown()
    server.server_close()


def test_the_list_is_fetched_from_where_the_setting_says(served):
    assert fetch(served[0]) == DATA


@pytest.mark.parametrize(
    ("said", "sentence"), [({"status": 503}, "answered 503"), ({"body": b"x" * 2_000}, "more than a list")]
)
def test_an_answer_that_is_no_list_is_told_in_a_sentence(served, monkeypatch, said, sentence):
    monkeypatch.setattr(models_dev, "BYTES_MAX", len(DATA) if "status" in said else 1_000)
    served[1].update(said)
    with pytest.raises(Unreachable, match=sentence):
        fetch(served[0])


def test_offline_says_so(served):
    url, _ = served
    nobody = url.rsplit(":", 1)[0] + ":9"
    with pytest.raises(Unreachable, match="cannot be reached"):
        fetch(nobody)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"openai": 5}', b"<html>", b"\xff"])
def test_something_else_than_the_list_is_refused(data):
    with pytest.raises(Unreachable, match="something else"):
        Index(data)
