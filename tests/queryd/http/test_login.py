"""Signing in and out over the real app: what a browser is given, and what nobody gets without it."""

import hashlib

import pytest
import structlog

from queryd.app import create_app
from queryd.connections import Connections
from queryd.endpoints import API
from queryd.routes import ENDPOINTS, OPEN_PATHS
from queryd.sessions import SEEN_EVERY, SESSIONS_MAX, described
from shared.clock import HOUR, MINUTE
from shared.database import open_reader
from tests.queryd.http.conftest import NOW, client_of, settings_in
from tests.queryd.http.test_status import beat

PASSWORD = "made-up password ä"
TTL = 168 * HOUR


class Dashboard:
    """The app over one file, with a clock of its own; a new one is a restart."""

    def __init__(self, folder, dist, **values):
        self.now = NOW
        self.settings = settings_in(folder, **{"LOGIN_PASSWORD": PASSWORD, "APP_PORT": "8080", **values})
        self.connections = Connections(self.settings.database)
        self.app = create_app(self.settings, self.connections, lambda: self.now, dist)
        self.client = client_of(self.app)

    def sign_in(self, password=PASSWORD, **headers):
        return self.client.simulate_post(f"{API}/session", json={"password": password}, headers=headers)

    def token(self, **headers):
        return self.sign_in(**headers).cookies["keeper_session_8080"].value

    def ask(self, method, path, token=None, **more):
        cookies = {} if token is None else {"keeper_session_8080": token}
        return self.client.simulate_request(method, API + path, cookies=cookies, **more)


@pytest.fixture
def dashboard(tmp_path, dist, collector):
    assert collector.writer
    (tmp_path / "no.env").touch(0o600)
    made = []

    def make(**values):
        made.append(Dashboard(tmp_path, dist, **values))
        return made[-1]

    yield make
    for each in made:
        each.connections.close()


def filled(path):
    return path.replace("{id}", "1")


def test_nothing_answers_without_a_session_but_what_says_so(dashboard):
    asked = dashboard()
    for endpoint in ENDPOINTS:
        result = asked.ask(endpoint.method, filled(endpoint.path))
        if API + endpoint.path in OPEN_PATHS:
            assert result.status_code in (200, 415), endpoint
        else:
            assert (result.status_code, result.json["error"]["code"]) == (401, "unauthenticated"), endpoint
    for path in ("/openapi.json", "/nothing", "", "/status/", "/events/%2e%2e/status"):
        assert asked.ask("GET", path).status_code == 401
    for method in ("OPTIONS", "PUT", "TRACE"):
        assert asked.ask(method, "/status").status_code == 401


def test_the_shell_and_the_probes_need_none(dashboard):
    client = dashboard().client
    for path in ("/", "/requests", "/assets/index-Ab_1-xyz.js", "/healthz"):
        assert client.simulate_get(path).status_code == 200
    ready = client.simulate_get("/readyz")
    assert (ready.status_code, ready.json) == (200, {"ready": True, "problems": []})


def test_the_right_password_opens_everything(dashboard):
    asked = dashboard()
    answer = asked.sign_in()
    assert answer.json["role"] == "admin"
    cookie = answer.cookies["keeper_session_8080"]
    assert (cookie.http_only, cookie.secure, cookie.path, cookie.same_site) == (True, False, "/", "Strict")
    assert cookie.max_age == TTL // 1_000_000
    summary = asked.ask("GET", "/summary?range=all", cookie.value)
    assert summary.status_code == 200
    assert summary.headers["Cache-Control"] == "private, no-cache"
    assert asked.ask("GET", "/status", cookie.value).json["login"] is True
    assert asked.ask("GET", "/readyz", cookie.value).json["problems"]  # there is no heartbeat, and the admin is told


def test_the_token_itself_is_nowhere_in_the_file(dashboard):
    asked = dashboard()
    token = asked.token(**{"User-Agent": "Firefox/150 sk-abcdefghijklmnopqrstuvwxyz123456"})
    reader = open_reader(asked.settings.database)
    (hashed, agent, mark) = reader.execute("select token_hash, user_agent, password_mark from session").fetchone()
    reader.close()
    assert hashed == hashlib.sha256(token.encode()).digest()
    assert "abcdefghijkl" not in agent
    assert hashlib.sha256(PASSWORD.encode()).digest()[:8] not in mark
    assert len(described("x" * 5_000 + "\x1b[31m")) == 200


@pytest.mark.parametrize("wrong", ["", "made-up password a", PASSWORD + " ", PASSWORD.upper(), "x" * 1_024])
def test_a_wrong_password_opens_nothing(dashboard, wrong):
    answer = dashboard().sign_in(wrong)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "wrong_password")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "body", ['{"password": "\\ud800"}', '{"password": 1}', "{}", "[]", '{"password": "%s"}' % ("x" * 1_025)]
)
def test_what_is_no_password_is_refused(dashboard, body):
    answer = dashboard().client.simulate_post(f"{API}/session", body=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_made_up_tokens_open_nothing(dashboard):
    asked = dashboard()
    for token in ("", "x", "' or 1=1 --", "a" * 4_000, asked.token()[:-1]):
        assert asked.ask("GET", "/status", token).status_code == 401


def test_a_session_survives_a_restart_and_not_another_password(dashboard):
    token = dashboard().token()
    assert dashboard().ask("GET", "/status", token).status_code == 200
    other = dashboard(LOGIN_PASSWORD="another made-up one")
    assert other.ask("GET", "/status", token).status_code == 401
    assert [
        entry["current"]
        for entry in other.ask(
            "GET", "/sessions", other.sign_in("another made-up one").cookies["keeper_session_8080"].value
        ).json["sessions"]
    ] == [True]


def test_it_ends_when_its_time_is_over_and_its_row_goes(dashboard):
    asked = dashboard(AUTH_SESSION_TTL="1h")
    token = asked.token()
    asked.now += HOUR - 1
    assert asked.ask("GET", "/status", token).status_code == 200
    asked.now += 1
    assert asked.ask("GET", "/status", token).status_code == 401
    asked.token()
    reader = open_reader(asked.settings.database)
    assert reader.execute("select count(*) from session").fetchone() == (1,)
    reader.close()


def test_signing_out_ends_it_on_the_server_too(dashboard):
    asked = dashboard()
    token = asked.token()
    answer = asked.ask("DELETE", "/session", token)
    assert (answer.status_code, answer.json["role"]) == (200, None)
    assert answer.cookies["keeper_session_8080"].value == ""
    assert asked.ask("GET", "/status", token).status_code == 401
    assert asked.ask("DELETE", "/session", token).status_code == 200


def test_the_list_ends_one_or_all_others(dashboard):
    asked = dashboard()
    mine, *others = [asked.token(**{"User-Agent": f"Browser {number}"}) for number in range(4)]
    entries = asked.ask("GET", "/sessions", mine).json["sessions"]
    assert [entry["user_agent"] for entry in entries] == ["Browser 3", "Browser 2", "Browser 1", "Browser 0"]
    assert [entry["current"] for entry in entries] == [False, False, False, True]
    left = asked.ask("DELETE", f"/sessions/{entries[0]['id']}", mine).json["sessions"]
    assert len(left) == 3
    assert asked.ask("GET", "/status", others[2]).status_code == 401
    assert asked.ask("DELETE", f"/sessions/{entries[0]['id']}", mine).status_code == 404
    assert [entry["current"] for entry in asked.ask("DELETE", "/sessions", mine).json["sessions"]] == [True]
    assert {asked.ask("GET", "/status", token).status_code for token in others} == {401}
    own = asked.ask("DELETE", f"/sessions/{entries[3]['id']}", mine)
    assert own.cookies["keeper_session_8080"].value == ""
    assert asked.ask("GET", "/status", mine).status_code == 401


def test_when_it_was_last_seen_is_written_now_and_then_and_never_waited_for(dashboard, collector):
    asked = dashboard()
    token = asked.token()
    begun = asked.ask("GET", "/sessions", token).json["sessions"][0]["last_seen_at"]
    asked.now += SEEN_EVERY - MINUTE
    asked.ask("GET", "/status", token)
    assert asked.ask("GET", "/sessions", token).json["sessions"][0]["last_seen_at"] == begun
    asked.now += MINUTE
    collector.writer.execute("begin immediate")  # ingestd is writing
    assert asked.ask("GET", "/status", token).status_code == 200
    collector.writer.execute("rollback")
    asked.ask("GET", "/status", token)
    assert asked.ask("GET", "/sessions", token).json["sessions"][0]["last_seen_at"] > begun


def test_so_many_sessions_are_kept(dashboard, monkeypatch):
    monkeypatch.setattr("queryd.sessions.SESSIONS_MAX", 3)
    asked = dashboard()
    tokens = []
    for _ in range(5):
        asked.now += 1
        tokens.append(asked.token())
    assert [asked.ask("GET", "/status", token).status_code for token in tokens] == [401, 401, 200, 200, 200]
    assert SESSIONS_MAX >= 100


def test_too_many_tries_are_refused_even_the_right_one_and_only_from_there(dashboard):
    asked = dashboard()
    proxied = {"X-Forwarded-For": "203.0.113.7"}
    for _ in range(5):
        assert asked.sign_in("wrong", **proxied).status_code == 401
    refused = asked.sign_in(**proxied)
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "too_many")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert asked.sign_in(**{"X-Forwarded-For": "203.0.113.8"}).status_code == 200


def test_a_direct_client_cannot_choose_its_address(dashboard):
    asked = dashboard(TRUSTED_PROXY_CIDRS="10.0.0.0/8")
    codes = [asked.sign_in("wrong", **{"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(7)]
    assert codes == [401] * 5 + [429] * 2


def test_cookies_are_secure_where_a_trusted_proxy_says_https(dashboard):
    asked = dashboard(APP_BASE_PATH="/cpa")
    answer = asked.sign_in(**{"X-Forwarded-Proto": "https"})
    cookie = answer.cookies["keeper_session_8080"]
    assert (cookie.secure, cookie.path) == (True, "/cpa")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    for untrusting in (dashboard(TRUSTED_PROXY_CIDRS="10.0.0.0/8"),):
        answer = untrusting.sign_in(**{"X-Forwarded-Proto": "https"})
        assert not answer.cookies["keeper_session_8080"].secure
        assert "Strict-Transport-Security" not in answer.headers


def test_a_cpa_over_plain_http_on_the_same_name_is_not_cut_off(dashboard):
    answer = dashboard(CPA_PUBLIC_URL="http://box.example:8317").sign_in(**{"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in answer.headers


def test_a_page_of_another_site_can_neither_sign_in_nor_out(dashboard):
    asked = dashboard()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert asked.sign_in(**headers).status_code == 403
        assert asked.ask("DELETE", "/session", headers=headers).status_code == 403
    own = {"Host": "127.0.0.1:8080", "X-Forwarded-Host": "usage.example:8443", "Origin": "https://usage.example:8443"}
    assert asked.sign_in(**own).status_code == 200


def test_any_name_may_lead_here_once_a_password_is_asked_for(dashboard):
    asked = dashboard()
    assert asked.client.simulate_get("/healthz", headers={"Host": "usage.example"}).status_code == 200
    free = dashboard(AUTH_ENABLED="false")
    assert free.client.simulate_get("/healthz", headers={"Host": "usage.example"}).status_code == 421


def test_without_a_password_everybody_is_the_admin(dashboard):
    free = dashboard(AUTH_ENABLED="false")
    assert free.ask("GET", "/session").json == {"required": False, "role": "admin", "api_key": None, "expires_at": None}
    assert free.ask("GET", "/status").json["login"] is False
    assert free.sign_in().status_code == 409
    assert free.ask("GET", "/sessions").json == {"sessions": []}
    assert free.ask("GET", "/summary?range=all").headers["Cache-Control"] == "no-cache"


def test_while_there_is_no_file_it_says_that_it_starts(tmp_path, dist):
    (tmp_path / "no.env").touch(0o600)
    starting = Dashboard(tmp_path, dist)
    assert starting.sign_in().status_code == 503
    assert starting.ask("GET", "/status").status_code == 401
    assert starting.ask("GET", "/status", "x").status_code == 503
    assert starting.ask("GET", "/session", "x").json["role"] is None


def test_a_password_over_plain_http_from_elsewhere_is_warned_about(dashboard, collector):
    beat(collector.writer)
    asked = dashboard()
    token = asked.token()  # from this machine
    assert _codes(asked, token) == []
    asked.token(**{"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"})
    assert _codes(asked, token) == []
    with structlog.testing.capture_logs() as logs:
        asked.sign_in("wrong", **{"X-Forwarded-For": "203.0.113.7"})
    assert [entry["address"] for entry in logs if entry["event"] == "password over plain http"] == ["203.0.113.7"]
    assert _codes(asked, token) == ["password_in_clear"]


def _codes(asked, token):
    return [problem["code"] for problem in asked.ask("GET", "/status", token).json["problems"]]
