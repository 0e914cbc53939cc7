"""An unpriced model is given a price and its history follows, through both daemons, a kill of ingestd included."""

import httpx
import pytest

from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

MODEL = "atlas-llama-4-ft"
RATES = {"input": 2.5, "cache_read": 0.25, "cache_write": 3.125, "output": 10}
COUNT = 300


def send(keeper, path: str, body: dict):
    answer = httpx.post(f"{keeper.url}/api/v1{path}", json=body, headers={"Origin": keeper.url})
    assert answer.is_success, answer.text
    return answer.json()


def outcome(keeper, command: dict):
    def done():
        found = keeper.get(f"/commands/{command['id']}")
        return found if found["state"] not in ("queued", "running") else None

    return eventually(done, "the command is done")


def test_a_price_is_set_previewed_and_applied_to_what_is_stored(cpa, keep):
    keeper = keep(cpa).start()
    for number in range(COUNT):
        tokens = {"input_tokens": 1_000 + number, "output_tokens": 10, "total_tokens": 1_010 + number}
        cpa.publish(payload(number, model=MODEL, alias=MODEL, tokens=tokens))
    keeper.wait_settled(COUNT)
    expected = sum((1_000 + number) * 2_500 + 10 * 10_000 for number in range(COUNT))
    (missing,) = keeper.get("/prices?range=all")["unpriced"]
    assert (missing["model"], missing["requests"]) == (MODEL, COUNT)
    send(keeper, "/prices", {"model": MODEL, "rates": RATES})
    told = outcome(keeper, send(keeper, "/commands", {"kind": "preview_reprice"}))["result"]
    assert (told["requests"], told["before_nanos"], told["after_nanos"]) == (COUNT, 0, expected)
    assert keeper.get("/summary?range=all")["metrics"]["cost_nanos"] == 0
    command = send(keeper, "/commands", {"kind": "reprice", "models": [MODEL]})
    keeper.ingestd.kill()
    keeper.ingestd.start()
    assert outcome(keeper, command)["state"] == "done"
    metrics = keeper.get("/summary?range=all&cost_by=kind")["metrics"]
    assert (metrics["cost_nanos"], metrics["unpriced_requests"]) == (expected, 0)
    assert metrics["cost_uncached_nanos"] + metrics["cost_output_nanos"] == expected
    assert keeper.get("/prices?range=all")["unpriced"] == []


def test_models_dev_that_cannot_be_reached_is_told_and_nothing_changes(cpa, keep):
    keeper = keep(cpa, MODELS_DEV_URL="http://127.0.0.1:9/api.json").start()
    found = outcome(keeper, send(keeper, "/commands", {"kind": "sync_models_dev"}))
    assert found["state"] == "failed"
    assert "cannot be reached" in found["error"]
    assert keeper.get("/prices?range=all")["edited"] == []
