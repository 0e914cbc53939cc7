"""No secret that passes through the keeper is found in a log, an answer or a table other than the raw messages."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC

import httpx
import pytest

from tests.cpa.accounts import CLIENT_KEYS
from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

ALL = "from=2026-01-01&to=2027-01-01"
CLIENT = "sk-made-up-client-key-77777777"
UPSTREAM = "sk-ant-api03-made-up-upstream-key-88888888"
GOOGLE = "AIzaSyMADEUPMADEUPMADEUPMADEUPMADEUP9"
PLAIN = "a plain passphrase, made up"
TOKEN_DIGEST = "ab" * 32
COOKIE = "session=made-up-cookie-value-66666666"
SECRETS = (DEFAULT_KEY, CLIENT, UPSTREAM, GOOGLE, PLAIN, TOKEN_DIGEST, COOKIE)
RAW = {"inbox", "rejected"}
"""Tables that keep messages byte for byte, for a day or a week, so that a fix can read them again."""


def messages():
    body = json.dumps({"error": {"message": f"Incorrect API key provided: {UPSTREAM}. Bearer {CLIENT}"}})
    yield payload(1, api_key=CLIENT, access_token_sha256=TOKEN_DIGEST)
    yield payload(2, api_key=PLAIN, source=PLAIN)
    yield payload(3, source=UPSTREAM, auth_type="apikey", failed=True, fail={"status_code": 401, "body": body})
    yield payload(
        4,
        source=GOOGLE,
        auth_type="apikey",
        provider="gemini",
        failed=True,
        fail={"status_code": 400, "body": f"https://example.com/v1beta?key={GOOGLE}"},
        response_headers={"Set-Cookie": [COOKIE], "Authorization": [f"Bearer {UPSTREAM}"], "X-Request-Id": ["abc"]},
    )
    yield payload(5, api_key=CLIENT)[:-1]  # refused
    yield payload(6, source=CLIENT, api_key=CLIENT, auth_type="oauth", provider="kimi")


def test_no_secret_is_logged_answered_or_stored_beside_the_raw_messages(cpa, keep, lines):
    keeper = keep(cpa, LOG_LEVEL="debug", LOG_FILE_ENABLED="true").start()
    cpa.publish_many([*messages(), *lines])
    keeper.wait_settled(6 + len(lines))
    secrets = (*SECRETS, *secrets_of(lines))
    # A trouble or two, so that there is something to complain of.
    cpa.restart()
    cpa.faults.cut_replies = 1
    cpa.publish_many(payload(number, api_key=CLIENT) for number in range(100, 110))
    eventually(lambda: not cpa.faults.cut_replies, "a reply was cut")

    for event in keeper.events(ALL):
        clean(keeper.ask(f"/events/{event['id']}").text, secrets, event["id"])
    for path in keeper.get("/openapi.json")["paths"]:
        if "{" not in path:
            name = path.removeprefix("/api/v1")
            clean(keeper.ask(name).text, secrets, path)
            clean(keeper.ask(f"{name}?{ALL}").text, secrets, path)
    clean(keeper.ask(f"/events?q={CLIENT}").text.replace(CLIENT, "", 0), secrets[:1], "a search")
    assert keeper.ingestd.stop() == keeper.queryd.stop() == 0

    logs = [*(keeper.folder / "logs").iterdir(), keeper.ingestd.output, keeper.queryd.output]
    assert {log.name.split("-")[0] for log in logs} == {"ingestd", "queryd", "access.log", "ingestd.out", "queryd.out"}
    for log in logs:
        assert log.stat().st_size > 0
        clean(log.read_text(), secrets, log.name)
    with closing(sqlite3.connect(keeper.database)) as reader:
        tables = [name for (name,) in reader.execute("select name from sqlite_master where type = 'table'")]
        assert set(tables) > RAW
        for table in set(tables) - RAW:
            for row in reader.execute(f"select * from {table}"):
                for value in row:
                    clean(value if isinstance(value, str) else repr(value), secrets, table)
                    clean(value.decode("latin-1") if isinstance(value, bytes) else "", secrets, table)


def test_a_key_that_signs_in_leaves_no_trace(keep):
    """Whoever holds a key sends it whole; only its digest is looked at. Nor is a mistyped one kept anywhere."""
    typo = "sk-made-up-mistyped-key-55555555"
    with StandIn(documents=CompanyDocuments(UTC), retention_seconds=600) as company:
        key = CLIENT_KEYS[0].key
        keeper = keep(company, LOG_LEVEL="debug", LOG_FILE_ENABLED="true", LOGIN_PASSWORD="made-up-password").start()
        company.publish_many(payload(number, api_key=key) for number in range(5))
        keeper.wait_settled(5)
        eventually(lambda: keeper.number("select count(*) from api_key_listing"), "keys are listed")
        with httpx.Client(base_url=f"{keeper.url}/", timeout=30, trust_env=False) as browser:
            assert browser.post("api/v1/session", json={"api_key": typo}).status_code == 401
            told = [browser.post("api/v1/session", json={"api_key": key})]
            questions = ("session", f"summary?{ALL}", f"events?{ALL}", f"filters?{ALL}", f"events?{ALL}&q={key[:8]}")
            told += [browser.get(f"api/v1/{each}") for each in questions]
            told += [browser.get("key"), browser.get("")]
            for answer in told:
                assert answer.status_code == 200
                clean(answer.text + str(answer.headers), (key, typo), str(answer.url))
            assert told[2].json()["metrics"]["requests"] == 5
        assert keeper.ingestd.stop() == keeper.queryd.stop() == 0
        for log in [*(keeper.folder / "logs").iterdir(), keeper.ingestd.output, keeper.queryd.output]:
            clean(log.read_text(), (key, typo), log.name)
        with closing(sqlite3.connect(keeper.database)) as reader:
            tables = {name for (name,) in reader.execute("select name from sqlite_master where type = 'table'")}
            for table in tables - RAW:
                for row in reader.execute(f"select * from {table}"):
                    clean(repr(tuple(row)), (key, typo), table)


def secrets_of(lines):
    """The keys in recorded payloads: clients' own, and upstream accounts that are no address, project or session."""
    found = set()
    for line in lines:
        event = json.loads(line)
        found.add(event["api_key"])
        if event["auth_type"] == "apikey":
            found.add(event["source"])
        found.add(event.get("access_token_sha256", ""))
    return {secret for secret in found if len(secret) >= 10 and not re.fullmatch(r"[^@\s]+@[^@\s]+", secret)}


def clean(text, secrets, where):
    for secret in secrets:
        assert secret not in text, where
