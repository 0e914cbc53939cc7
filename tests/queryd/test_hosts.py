"""Under which names the dashboard may be reached."""

import socket

import pytest

from queryd.hosts import allowed_hosts, host_name, is_loopback


@pytest.mark.parametrize(
    ("netloc", "name"),
    [
        ("Example.COM:8080", "example.com"),
        ("example.com.", "example.com"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8080", "::1"),
        ("[fe80::1]", "fe80::1"),
        ("", ""),
    ],
)
def test_the_name_of_a_host_header(netloc, name):
    assert host_name(netloc) == name


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),  # noqa: S104 - only compared
        ("127.evil.example", False),
    ],
)
def test_what_only_this_machine_reaches(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "keeper.localhost",
        "127.0.0.1",
        "::1",
        "192.168.7.20",
        "fd00::20",
        "bound.example",
        "cpa.example",
        "usage.example",
        "a.b.team.example",
        "team.example",
        socket.gethostname().lower(),
    ],
)
def test_own_names_and_every_address_are_allowed(name):
    hosts = allowed_hosts("bound.example", "https://cpa.example:8443/panel", ("usage.example", ".team.example"))
    assert name in hosts


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "1e100.net"])
def test_names_of_strangers_are_not(name):
    assert name not in allowed_hosts("", "", ("usage.example", ".team.example"))


def test_every_name_can_be_allowed():
    assert "anything.example" in allowed_hosts("", "", ("*",))
