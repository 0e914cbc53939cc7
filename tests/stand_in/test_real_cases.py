"""What a real CPA did to a keeper, and the stand-in must do as well: the cases that a look at the protocol misses."""

import socket
import time

import httpx
import pytest

from tests.cpa import DEFAULT_KEY, StandIn
from tests.cpa.accounts import CODEX_TEAM, KIMI
from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.management import PREFIX
from tests.cpa.proxy import HttpOnlyProxy
from tests.stand_in.test_management import ZONE, browser

ALICE = "50b676d1b75e50dd"


@pytest.fixture
def cpa():
    with StandIn() as stand_in:
        yield stand_in


def file_of(client, index):
    return client.get("auth-files", params={"auth_index": index}).json()["files"][0]


@pytest.mark.parametrize("index", [ALICE, CODEX_TEAM.auth_index])
def test_counted_calls_without_an_event_raise_the_counters_alone(index):
    documents = None if index == ALICE else CompanyDocuments(ZONE)
    with StandIn(documents=documents) as cpa, browser(cpa) as client:
        cpa.count_unreported(index, succeeded=1)
        before = file_of(client, index)
        cpa.count_unreported(index, succeeded=6)
        sent = httpx.post(f"{cpa.url}/stand-in/count", json={"auth_index": index, "failed": 2}, trust_env=False)
        assert sent.status_code == 200
        after = file_of(client, index)
        assert (after["success"] - before["success"], after["failed"] - before["failed"]) == (6, 2)
        recent = [sum(span["success"] for span in file["recent_requests"]) for file in (before, after)]
        assert recent[1] - recent[0] == 6
        assert client.get("usage-queue?count=10").json() == []


def test_a_restart_lifts_a_ban_and_counts_from_zero(cpa):
    with browser(cpa) as client:
        cpa.count_unreported(ALICE, succeeded=3)
        cpa.access.ban("127.0.0.1")
        assert client.get("auth-files").status_code == 403
        httpx.post(f"{cpa.url}/stand-in/restart", trust_env=False)
        deadline = time.monotonic() + 30
        while httpx.get(f"{cpa.url}{PREFIX}auth-files", headers={"X-Management-Key": DEFAULT_KEY}).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        file = httpx.get(f"{cpa.url}{PREFIX}auth-files", headers={"X-Management-Key": DEFAULT_KEY}).json()["files"][1]
        assert (file["success"], file["failed"]) == (0, 0)


def test_one_management_path_can_be_missing_while_the_others_answer(cpa):
    with browser(cpa) as client:
        httpx.put(f"{cpa.url}/stand-in/faults", json={"missing": ["usage-statistics-enabled"]}, trust_env=False)
        gone = client.get("usage-statistics-enabled")
        assert (gone.status_code, gone.content) == (404, b"")
        assert "X-Cpa-Version" in gone.headers
        assert client.get("auth-files").status_code == 200


def test_the_management_api_can_hang_while_the_queue_answers(cpa):
    cpa.faults.management_delay_seconds = 60.0
    cpa.publish(b"{}")
    with browser(cpa) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("auth-files", timeout=0.2)
        assert client.get("usage-queue").json() == [{}]


def test_a_management_key_may_be_in_any_script():
    with StandIn(key="密钥-一二三") as cpa, httpx.Client(base_url=cpa.url + PREFIX, trust_env=False) as client:
        for headers in ({"X-Management-Key": "密钥-一二三"}, {"Authorization": "Bearer 密钥-一二三"}):
            raw = {name.encode(): text.encode() for name, text in headers.items()}
            assert client.get("auth-files", headers=raw).status_code == 200
        with socket.create_connection(cpa.address) as connection:
            key = "密钥-一二三".encode()
            connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\n" % (len(key), key))
            assert connection.recv(100) == b"+OK\r\n"
        assert cpa.strikes == 0


def test_a_proxy_that_speaks_http_alone_lets_the_management_api_through_and_no_resp(cpa):
    cpa.publish(b"{}")
    with HttpOnlyProxy(cpa.address) as proxy:
        with httpx.Client(base_url=proxy.url + PREFIX, headers={"X-Management-Key": DEFAULT_KEY}) as client:
            assert client.get("usage-queue").json() == [{}]
        with socket.create_connection(proxy.address) as connection:
            connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
        assert proxy.refused == 1
    assert cpa.strikes == 0


def test_accounts_have_notes_in_any_script_and_can_be_edited():
    documents = CompanyDocuments(ZONE)
    with StandIn(documents=documents) as cpa, browser(cpa) as client:
        documents.changed = cpa.queue.refresh
        assert file_of(client, KIMI.auth_index)["note"] == "研究组共用"
        change = {"name": KIMI.file, "note": "備用", "priority": 3}
        assert client.patch("auth-files/fields", json=change).json() == {"status": "ok"}
        file = file_of(client, KIMI.auth_index)
        assert (file["note"], file["priority"]) == ("備用", 3)
        assert client.patch("auth-files/fields", json={"name": KIMI.file}).status_code == 400
        assert client.patch("auth-files/fields", json={"name": "nobody.json", "note": "x"}).status_code == 404
