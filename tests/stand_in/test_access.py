"""Keys, strikes and the ban, as measured on v7.2.140."""

import httpx
import pytest
import redis

from tests.cpa import DEFAULT_KEY, StandIn
from tests.cpa.access import client_address, go_duration, peer_address
from tests.stand_in.conversation import BANNED, PAYLOADS, Client

SWITCH = "/v0/management/usage-statistics-enabled"
KEY = {"Authorization": f"Bearer {DEFAULT_KEY}"}


def get(cpa, path=SWITCH, headers=KEY):
    return httpx.get(cpa.url + path, headers=headers, trust_env=False)


def test_a_ban_lasts_thirty_minutes_and_ends_with_a_clean_slate():
    seconds = 0.0
    with StandIn(now=lambda: seconds) as cpa, Client(cpa.address) as client:
        for _ in range(5):
            assert client.ask("AUTH", "wrong") == b"-ERR invalid management key"
        seconds = 90.0
        assert client.ask("AUTH", DEFAULT_KEY) == BANNED + b"28m30s"
        seconds = 1799.6
        assert client.ask("AUTH", DEFAULT_KEY) == BANNED + b"0s"
        seconds = 1800.0
        assert client.ask("AUTH", "wrong") == b"-ERR invalid management key"
        assert client.ask("AUTH", DEFAULT_KEY) == b"+OK"
        assert cpa.strikes == 6


def test_strikes_are_forgiven_after_two_idle_hours():
    seconds = 0.0
    with StandIn(now=lambda: seconds) as cpa, Client(cpa.address) as client:
        for _ in range(4):
            client.ask("AUTH", "wrong")
        seconds = 7201.0
        assert client.ask("AUTH", "wrong") == b"-ERR invalid management key"
        assert client.ask("AUTH", DEFAULT_KEY) == b"+OK"


def test_five_wrong_keys_behind_a_proxy_ban_the_address_it_names():
    with StandIn() as cpa:
        for _ in range(5):
            answer = get(cpa, headers={"Authorization": "Bearer wrong", "X-Forwarded-For": "127.0.0.1"})
            assert answer.status_code == 401
        assert get(cpa).status_code == 403
        with Client(cpa.address) as client:
            assert client.ask("AUTH", DEFAULT_KEY).startswith(BANNED)


def test_remote_callers_are_refused_without_a_strike_unless_allowed():
    foreign = KEY | {"X-Forwarded-For": "203.0.113.9"}
    with StandIn() as cpa:
        for _ in range(7):
            answer = get(cpa, headers=foreign)
            assert (answer.status_code, answer.json()) == (403, {"error": "remote management disabled"})
        assert cpa.strikes == 0
    with StandIn(allow_remote=True) as cpa:
        assert get(cpa, headers=foreign).status_code == 200


def test_a_missing_key_is_a_strike_on_any_management_path_and_no_path_tells_more():
    with StandIn() as cpa:
        for path in ("/v0/management/nowhere", SWITCH):
            answer = get(cpa, path, headers={})
            assert (answer.status_code, answer.json()) == (401, {"error": "missing management key"})
        assert cpa.strikes == 2


def test_without_management_the_api_does_not_exist():
    with StandIn(management=False) as cpa:
        answer = get(cpa)
        assert (answer.status_code, answer.content) == (404, b"")
        assert not [name for name in answer.headers if name.startswith("x-cpa-")]
        assert get(cpa, "/healthz").json() == {"status": "ok"}


def test_home_mode_refuses_before_authentication():
    with StandIn(home=True) as cpa, Client(cpa.address) as client:
        client.send("AUTH", DEFAULT_KEY)
        assert client.rest() == b"-ERR redis usage output disabled in home mode\r\n"
        assert get(cpa).status_code == 404


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "192.0.2.1"),
        ({"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}, "203.0.113.9"),
        ({"X-Forwarded-For": "::ffff:203.0.113.9"}, "203.0.113.9"),
        ({"X-Forwarded-For": "unknown", "X-Real-IP": "203.0.113.7"}, "203.0.113.7"),
        ({"X-Forwarded-For": "203.0.113.9, unknown"}, "192.0.2.1"),
    ],
)
def test_the_first_forwarded_address_counts_when_all_are_addresses(headers, address):
    assert client_address("192.0.2.1", headers) == address


def test_addresses_and_durations_are_spelled_as_go_spells_them():
    assert peer_address("::ffff:127.0.0.1") == "127.0.0.1"
    assert peer_address("fe80::1%eth0") == "fe80::1"
    assert [go_duration(seconds) for seconds in (1800, 1798.4, 60, 59.4, 0.2)] == [
        "30m0s",
        "29m58s",
        "1m0s",
        "59s",
        "0s",
    ]


def connect(cpa, password=DEFAULT_KEY, protocol=2):
    host, port = cpa.address
    return redis.Redis(host=host, port=port, password=password, protocol=protocol)


def test_redis_py_with_its_defaults_gets_itself_banned_although_the_key_is_right():
    with StandIn() as cpa:
        with connect(cpa, protocol=3) as client, pytest.raises(redis.ResponseError, match="IP banned"):
            client.lpop("usage", 10)
        assert cpa.strikes == 5
        assert get(cpa).status_code == 403


def test_redis_py_without_a_password_is_banned_too():
    with StandIn() as cpa:
        with connect(cpa, password=None) as client, pytest.raises(redis.RedisError):
            client.lpop("usage", 10)
        assert cpa.strikes == 5


def test_redis_py_speaking_resp2_pops_and_subscribes():
    with StandIn() as cpa, connect(cpa) as client:
        cpa.publish_many(PAYLOADS[:3])
        assert client.lpop("usage") == PAYLOADS[0]
        assert client.lpop("usage", 10) == PAYLOADS[1:3]
        assert client.lpop("usage", 10) == []
        with client.pubsub() as subscription:
            subscription.subscribe("usage")
            kinds = [subscription.get_message(timeout=10)["type"] for _ in range(2)]
            assert kinds == ["subscribe", "message"]
            cpa.publish(PAYLOADS[3])
            assert subscription.get_message(timeout=10)["data"] == PAYLOADS[3]
        assert cpa.strikes == 0


def test_redis_py_reports_a_wrong_key_as_a_plain_response_error_and_spends_one_strike():
    with StandIn() as cpa:
        with (
            connect(cpa, password="wrong") as client,
            pytest.raises(redis.ResponseError, match="invalid management key"),
        ):
            client.lpop("usage", 10)
        assert cpa.strikes == 1
