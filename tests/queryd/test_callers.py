"""Who asks: what proxies say, and whom of them is believed."""

import falcon
import falcon.testing
import pytest

from queryd.callers import Callers, parse_address
from shared.settings import load


def caller(peer, trusted="127.0.0.0/8,::1/128,10.0.0.0/8", scheme="http", **headers):
    settings = load(
        {
            "CPA_BASE_URL": "http://cpa",
            "CPA_MANAGEMENT_KEY": "x",
            "TRUSTED_PROXY_CIDRS": trusted,
            "ENV_FILE": "/dev/null",
        }
    )
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    environ = falcon.testing.create_environ(remote_addr=peer, scheme=scheme, headers=spelled)
    return Callers(settings.trusted_proxy_cidrs).caller(falcon.Request(environ))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "1.1.1.1, unknown, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "<script>", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1:5555", "198.51.100.1"),
        ("::1", "[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", ",".join(["198.51.100.1"] + ["10.0.0.1"] * 10_000), "10.0.0.1"),
    ],
)
def test_the_address_is_the_nearest_that_is_no_trusted_proxy(peer, forwarded, address):
    headers = {} if forwarded is None else {"X_Forwarded_For": forwarded}
    assert caller(peer, **headers).address == address


@pytest.mark.parametrize(
    ("peer", "scheme", "told", "secure"),
    [
        ("127.0.0.1", "http", "https", True),
        ("127.0.0.1", "http", "https, http", False),
        ("127.0.0.1", "https", "http", False),
        ("127.0.0.1", "https", None, True),
        ("203.0.113.9", "http", "https", False),
        ("203.0.113.9", "https", None, True),
    ],
)
def test_https_is_what_a_trusted_proxy_or_the_connection_says(peer, scheme, told, secure):
    headers = {} if told is None else {"X_Forwarded_Proto": told}
    assert caller(peer, scheme=scheme, **headers).secure is secure


def test_the_host_is_what_a_trusted_proxy_says():
    assert caller("127.0.0.1", Host="127.0.0.1:8080", X_Forwarded_Host="Usage.example").host == "usage.example"
    assert caller("203.0.113.9", Host="real.example", X_Forwarded_Host="forged.example").host == "real.example"


def test_what_is_no_address_is_none():
    assert [parse_address(text) for text in ("", "x", "1.2.3", "[x]:1", "1.2.3.4.5", "999.1.1.1")] == [None] * 6
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"
