"""While one question goes through much, light ones are answered, and another heavy one is told to come again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

import queryd.aggregate.snapshot as engine
from ingestd import seal
from queryd import app, malloc
from queryd.admission import Admission, Lane
from queryd.aggregate.snapshot import Snapshot
from queryd.app import create_app
from shared.clock import DAY, SECOND
from tests.queryd.http.conftest import NOW, client_of
from tests.queryd.ledger import Ledger, Spent

HEAVY = "/api/v1/summary?range=30d"


@pytest.fixture
def waiting_client(settings, connections, dist, monkeypatch):
    """Of a file with ten requests in chunks, days old, and two of this minute in the tail; six rows are many."""
    monkeypatch.setattr(seal, "TAIL_ROWS", 5)
    monkeypatch.setattr(engine, "LIGHT_ROWS", 5)
    monkeypatch.setattr(app, "Admission", lambda: Admission(heavy=Lane(running=1, waiting=1, patience=0.01)))
    with closing(Ledger(settings.database)) as ledger:
        for batch in (0, 1):
            ledger.add([Spent(NOW - (3 + batch) * DAY - number) for number in range(5)])
        ledger.add([Spent(NOW - SECOND - number) for number in range(2)])
        yield client_of(create_app(settings, connections, lambda: NOW, dist))


def test_light_questions_are_answered_while_a_heavy_one_runs(waiting_client, monkeypatch):
    begun, go_on, original = threading.Event(), threading.Event(), Snapshot.open

    def opening(snapshot, chunk):
        begun.set()
        assert go_on.wait(60)
        return original(snapshot, chunk)

    live = waiting_client.simulate_get("/api/v1/live")
    assert (live.status_code, sum(live.json["requests"])) == (200, 2)
    monkeypatch.setattr(Snapshot, "open", opening)
    with ThreadPoolExecutor(1) as pool:
        try:
            slow = pool.submit(waiting_client.simulate_get, HEAVY)
            assert begun.wait(60)
            for path in (
                "/healthz",
                "/readyz",
                "/",
                "/icon.svg",
                "/api/v1/live?window=30m",
                "/api/v1/summary?range=1h",
            ):
                assert waiting_client.simulate_get(path).status_code == 200, path
            refused = waiting_client.simulate_get(f"{HEAVY}&status=200")
            assert (refused.status_code, refused.json["error"]["code"]) == (503, "busy")
            assert int(refused.headers["Retry-After"]) >= 1
        finally:
            go_on.set()
        assert slow.result(60).json["metrics"]["requests"] == 12
    assert waiting_client.simulate_get(f"{HEAVY}&status=200").status_code == 200


def test_what_an_answer_from_many_cells_took_is_given_back(waiting_client, monkeypatch):
    given_back = []
    monkeypatch.setattr(malloc, "trim", lambda: given_back.append(1))
    assert waiting_client.simulate_get("/api/v1/breakdown?by=status").status_code == 200
    assert not given_back
    monkeypatch.setattr(engine, "MANY_CELLS", 0)
    assert waiting_client.simulate_get("/api/v1/breakdown?by=model").status_code == 200
    assert given_back
