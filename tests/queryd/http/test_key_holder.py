"""Whoever holds one of CPA's keys sees the requests of that key and nothing else, whatever they ask, and however."""

import io
import json
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest

from ingestd import installation
from ingestd.metadata.listed import Listed
from ingestd.metadata.store import MetadataStore
from queryd import openapi
from queryd.app import create_app
from queryd.connections import Connections
from queryd.endpoints import API
from queryd.login_limit import PER_ADDRESS_MAX
from shared.clock import MINUTE, SECOND
from shared.database import open_writer
from shared.migrations import migrate
from tests.ingestd.conftest import payload
from tests.queryd.http.conftest import NOW, client_of, collector_of, settings_in

PASSWORD = "made-up password"
MINE, THEIRS = "sk-made-up-mine-0000000000000001", "sk-made-up-theirs-000000000000002"
COOKIE = "keeper_session_8080"

MARKS = (
    "their-model",
    "their-client",
    "0002",
    "mallory@example.com",
    "alice@example.com",
    "their own mistake",
    "feedf00d",
)
"""What is found in an answer that tells of the other key, or of an account behind CPA."""


def events():
    """Of both keys by turns, some within one millisecond and of one request id, on accounts that have names."""
    for number in range(60):
        at = f"2026-11-24T11:{number // 2:02d}:00.000{number % 2}00Z"
        yield payload(number, timestamp=at, api_key=MINE, request_id=f"{number + 0xAB00:08x}", model="my-model")
        failed = {"status_code": 429, "body": '{"error":{"message":"their own mistake"}}'} if number % 3 == 0 else None
        yield payload(
            1_000 + number,
            timestamp=at,
            api_key=THEIRS,
            source="mallory@example.com",
            auth_index="1111222233334444",
            model="their-model",
            user_agent="their-client/9.9",
            request_id="feedf00d" if number == 7 else f"{number + 0xAB00:08x}",
            failed=failed is not None,
            fail=failed or {"status_code": 200, "body": ""},
            response_headers={"Anthropic-Ratelimit-Unified-Status": ["mallory@example.com"]},
        )


class World:
    """One file, the app over it, and both who may ask."""

    def __init__(self, folder, keys=(MINE, THEIRS)):
        (folder / "no.env").touch(0o600)
        self.now = NOW
        self.settings = settings_in(folder, LOGIN_PASSWORD=PASSWORD, APP_PORT="8080")
        self.writer = open_writer(self.settings.database, "ingestd")
        migrate(self.writer, NOW)
        self.collector = collector_of(self.writer)
        self.collector.send(*events())
        self.metadata = MetadataStore(installation.secret(self.writer), 1)
        self.list_keys(*keys)
        account = Listed(
            auth_index="1111222233334444", auth_type="oauth", provider="claude", label="mallory@example.com"
        )
        self.metadata.keep_credentials(self.writer, "auth-files", [account], NOW - SECOND)
        self.connections = Connections(self.settings.database)
        self.client = client_of(create_app(self.settings, self.connections, lambda: self.now))
        self.addresses = 0

    def list_keys(self, *keys, now=NOW - SECOND):
        self.metadata.keep_client_keys(self.writer, keys, now)

    def sign_in(self, address=None, **login):
        if address is None:  # a new one each time: no test but one is about the limit
            self.addresses += 1
            address = f"203.0.113.{self.addresses}"
        return self.client.simulate_post(f"{API}/session", json=login, headers={"X-Forwarded-For": address})

    def ask(self, token, path, method="GET", **more):
        cookies = {} if token is None else {COOKIE: token}
        return self.client.simulate_request(method, API + path, cookies=cookies, **more)

    def row_of(self, key):
        return self.writer.execute("select id from api_key where mask like ?", (f"%{key[-4:]}",)).fetchone()[0]

    def close(self):
        self.connections.close()
        self.writer.close()


def token_of(answer):
    assert answer.status_code == 200, answer.text
    return answer.cookies[COOKIE].value


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("key-holder"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def admin(world):
    return token_of(world.sign_in(password=PASSWORD))


@pytest.fixture(scope="module")
def holder(world):
    return token_of(world.sign_in(api_key=MINE))


OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in openapi.document()["paths"].items()
    for method, operation in methods.items()
]
OPEN_TO_HOLDERS = [
    (path, operation)
    for method, path, operation in OPERATIONS
    if "api_key" in operation.get("x-roles", ()) and method == "GET"
]
IDS = [path for path, _ in OPEN_TO_HOLDERS]


def test_a_key_opens_a_session_that_says_whose_it_is(world):
    answer = world.sign_in(api_key=MINE)
    assert (answer.json["role"], answer.json["required"]) == ("api_key", True)
    assert answer.json["api_key"].endswith(MINE[-4:])
    asked = world.ask(token_of(answer), "/session")
    assert asked.json["api_key"] == answer.json["api_key"]
    assert asked.headers["Session-Role"] == "api_key"
    assert MINE not in answer.text + asked.text


@pytest.mark.parametrize("wrong", ["", "sk-nobody-has-this", MINE[:-1], MINE + " ", MINE.upper(), "\u0000", "'"])
def test_what_cpa_does_not_list_opens_nothing(world, wrong):
    answer = world.sign_in(api_key=wrong)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "unknown_key")
    assert "Set-Cookie" not in answer.headers


def test_before_cpa_s_keys_were_read_nobody_is_told_that_theirs_is_unknown(tmp_path):
    """However often they try: it says nothing of the key, so it is no try either."""
    made = World(tmp_path, keys=())
    try:
        made.writer.execute("delete from meta where key = 'client_keys_read_at'")
        for _ in range(PER_ADDRESS_MAX + 1):
            answer = made.sign_in("203.0.113.1", api_key=MINE)
            assert (answer.status_code, answer.json["error"]["code"]) == (503, "starting")
            assert int(answer.headers["Retry-After"]) > 0
        assert made.sign_in("203.0.113.1", password=PASSWORD).status_code == 200
        made.list_keys()  # CPA has none at all
        assert made.sign_in(api_key=MINE).status_code == 401
        made.list_keys(MINE)
        assert made.sign_in(api_key=MINE).status_code == 200
        made.writer.execute("delete from meta where key = 'client_keys_read_at'")  # as an earlier version left it
        assert made.sign_in(api_key=MINE).status_code == 200
        assert made.sign_in(api_key=THEIRS).status_code == 401
    finally:
        made.close()


def test_one_of_both_is_sent(world):
    for login in ({}, {"password": PASSWORD, "api_key": MINE}):
        assert world.sign_in(**login).status_code == 400
    assert world.sign_in(password=MINE).status_code == world.sign_in(api_key=PASSWORD).status_code == 401


def test_read_only_and_of_two_pages(world, holder):
    """Everything that is not expressly for holders is refused, with every method."""
    for method, path, operation in OPERATIONS:
        if "x-roles" not in operation or "api_key" in operation["x-roles"]:
            continue
        answer = world.ask(holder, path.replace("{id}", "1"), method, json={})
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden"), (method, path)
    writing = [(method, path) for method, path, operation in OPERATIONS if method != "GET"]
    allowed = {path for method, path, operation in OPERATIONS if "api_key" in operation.get("x-roles", ("api_key",))}
    assert {path for _, path in writing} & allowed == {"/session"}
    assert sorted(IDS) == sorted(
        ["/summary", "/timeseries", "/breakdown", "/live", "/events", "/events/export", "/events/{id}", "/filters"]
    )
    assert world.ask(holder, "/openapi.json").status_code == 403
    assert world.client.simulate_get("/metrics", cookies={COOKIE: holder}).status_code == 401
    assert world.ask(holder, "/readyz").json == {"ready": True, "problems": []}


def candidates(world, parameter):
    """Values of a parameter that reach far: all of a closed set, and every way to name what is not mine."""
    name, schema = parameter["name"], parameter["schema"]
    options = schema.get("enum") or schema.get("items", {}).get("enum") or []
    options += [each for part in schema.get("anyOf", ()) for each in part.get("enum", ())]
    theirs = str(world.row_of(THEIRS))
    named = {
        "model": ["their-model", "!my-model", "my-model"],
        "client": ["their-client/9.9", "!claude-cli/2.1.220"],
        "api_key": [theirs, f"!{theirs}", "!" + str(world.row_of(MINE)), "0", str(world.row_of(MINE))],
        "credential": ["1", "2", "!1", "!2", "0"],
        "provider": ["claude"],
        "status": ["429"],
        "error_class": ["rate_limited"],
        "q": ["their", "mallory", "…0002", "feedf00d", "mistake", "example.com", "credential", "0000ab07", "%", "_"],
        "from": ["2026-11-24"],
        "metrics": ["cost_nanos,requests,failed"],
        "by": ["client,model", "api_key,model", "model,credential"],
    }
    if schema.get("type") == "integer":
        options = [*options, schema["minimum"], min(schema["maximum"], 50)]
    return [str(each) for each in (*options, *named.get(name, ()))]


def queries(world, operation):
    """One parameter at a time with each of its values, over all that there is."""
    listed = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    span = [("range", "all")] if any(each["name"] == "range" for each in listed) else []
    yield span
    for each in listed:
        for value in candidates(world, each):
            yield [(each["name"], value)] if each["name"] in ("range", "from", "to") else [*span, (each["name"], value)]


def text_of(answer):
    """An answer as text to look through; the cells and the notes of a Parquet file."""
    if answer.headers["Content-Type"] != "application/vnd.apache.parquet":
        return answer.text
    table = pq.read_table(io.BytesIO(answer.content))
    return f"{table.to_pylist()} {table.schema.metadata}"


def told(text, asked):
    """The marks in an answer that the question did not hold itself."""
    words = " ".join(value for _, value in asked)
    return [mark for mark in MARKS if mark in text and mark not in words]


def seen(answer):
    """An answer without what only tells which state of the file it is of, and without accounts."""
    found = json.loads(answer.text)

    def plain(value):
        if isinstance(value, dict):
            return {
                name: plain(each)
                for name, each in value.items()
                if name not in ("revision", "credential", "next_cursor", "head_cursor", "clients", "clients_compare")
                and name not in ("as_of", "omitted", "contribution")
            }
        return [plain(each) for each in value] if isinstance(value, list) else value

    return plain(found)


QUESTIONS = [(path, operation) for path, operation in OPEN_TO_HOLDERS if "{id}" not in path]


@pytest.mark.parametrize(("path", "operation"), QUESTIONS, ids=[path for path, _ in QUESTIONS])
def test_no_parameter_reaches_another_key(world, admin, holder, path, operation):
    """Every answer is the admin's with the key as a filter, or a refusal; and none tells of anything else."""
    mine = str(world.row_of(MINE))
    asked_for = list(queries(world, operation))
    assert len(asked_for) > 20
    for asked in asked_for:
        answer = world.ask(holder, path, query_string=urlencode(asked))
        table = world.ask(holder, path, query_string=urlencode(asked), headers={"Accept": "text/csv"})
        assert told(text_of(answer) + text_of(table), asked) == [], asked
        assert table.status_code == answer.status_code
        name, value = asked[-1] if asked else ("", "")
        if name == "credential" or (name != "q" and "credential" in value.split(",")):
            assert answer.status_code == 403, asked
        elif name == "api_key":
            assert answer.status_code == (200 if value == mine else 403), asked
        elif answer.status_code != 200:
            assert answer.status_code == 400, asked
        elif name != "q" and answer.headers["Content-Type"] == "application/json":
            same = seen(world.ask(admin, path, query_string=urlencode([*asked, ("api_key", mine)])))
            if path == "/filters":  # a filter does not narrow its own dimension; what one is locked to does
                same["api_key"] = [each for each in same["api_key"] if each["id"] == mine]
            assert seen(answer) == same, asked


def test_their_requests_have_no_address(world, admin, holder):
    ids = {}
    for key in (MINE, THEIRS):
        answer = world.ask(admin, "/events", query_string=f"range=all&limit=200&api_key={world.row_of(key)}")
        ids[key] = [each["id"] for each in answer.json["events"]]
    missing = world.ask(holder, "/events/" + "A" * len(ids[MINE][0]))
    for each in ids[THEIRS]:
        answer = world.ask(holder, f"/events/{each}")
        assert answer.status_code == 404
        assert world.ask(holder, f"/events?range=all&q={each}").json["events"] == []
    assert missing.status_code == 404
    for each in ids[MINE]:
        answer = world.ask(holder, f"/events/{each}")
        assert answer.status_code == 200
        assert told(answer.text, []) == []
        assert (answer.json["raw"], answer.json["response_headers"], answer.json["attempts_total"]) == (None, {}, 1)
        assert (answer.json["credential"]["id"], answer.json["credential"]["label"]) == ("", "")


def test_a_cursor_of_another_question_leads_nowhere(world, admin, holder):
    theirs = world.row_of(THEIRS)
    for filters in ("", f"&api_key={theirs}", f"&api_key={world.row_of(MINE)}"):
        cursor = world.ask(admin, f"/events?range=all&limit=5{filters}").json["next_cursor"]
        answer = world.ask(holder, "/events", query_string=urlencode({"range": "all", "cursor": cursor, "limit": 50}))
        assert told(answer.text, []) == []
        assert answer.status_code == 400 or {each["model"]["id"] for each in answer.json["events"]} == {"my-model"}


def test_what_is_new_is_counted_among_their_own(world, holder):
    head = world.ask(holder, "/events?range=all&limit=1").json["head_cursor"]
    query = urlencode({"range": "all", "limit": 1, "cursor": head})
    world.collector.send(payload(5_000, timestamp="2026-11-24T11:40:00Z", api_key=THEIRS))
    assert world.ask(holder, f"/events?{query}").json["newer"] == 0
    world.collector.send(
        *(payload(5_001 + each, timestamp=f"2026-11-24T11:41:{each:02d}Z", api_key=MINE) for each in range(3)),
        payload(5_010, timestamp="2026-11-24T11:42:00Z", api_key=THEIRS),
    )
    assert world.ask(holder, f"/events?{query}").json["newer"] == 3


def test_nothing_is_unchanged_for_another_who_asks(world, admin, holder):
    """One browser, two people: the tag of the one's answer is not the other's."""
    for path in ("/summary?range=all", "/events?range=all"):
        tag = world.ask(admin, path).headers["ETag"]
        assert world.ask(holder, path, headers={"If-None-Match": tag}).status_code == 200
        own = world.ask(holder, path).headers["ETag"]
        assert world.ask(holder, path, headers={"If-None-Match": own}).status_code == 304


def test_the_session_ends_when_cpa_no_longer_lists_the_key(tmp_path):
    world = World(tmp_path)
    token = token_of(world.sign_in(api_key=MINE))
    assert world.ask(token, "/summary").status_code == 200
    world.list_keys(THEIRS, now=NOW)
    assert world.ask(token, "/summary").status_code == 401
    assert world.sign_in(api_key=MINE).status_code == 401
    world.now += MINUTE
    world.list_keys(MINE, THEIRS, now=world.now)
    assert world.ask(token, "/summary").status_code == 401  # that session is over
    assert world.ask(token_of(world.sign_in(api_key=MINE)), "/summary").status_code == 200
    assert world.ask(token, "/summary").status_code == 401
    world.close()


def test_the_same_limit_and_a_key_buys_no_tries_of_the_password(world):
    address = "198.51.100.1"
    for _ in range(PER_ADDRESS_MAX - 1):
        assert world.sign_in(address, password="wrong").status_code == 401
    assert world.sign_in(address, api_key=MINE).status_code == 200
    assert world.sign_in(address, password="wrong").status_code == 429
    assert world.sign_in(address, api_key=MINE).status_code == 429


def test_the_admin_sees_who_came_with_which_key(world, admin, holder):
    assert world.ask(holder, "/session").json["role"] == "api_key"
    entries = world.ask(admin, "/sessions").json["sessions"]
    assert {(each["role"], (each["api_key"] or "")[-4:]) for each in entries} >= {("admin", ""), ("api_key", "0001")}
