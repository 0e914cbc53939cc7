"""The limit of login attempts."""

from queryd.login_limit import ADDRESSES_MAX, GLOBAL_MAX, PER_ADDRESS_MAX, WINDOW_SECONDS, LoginLimit


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def test_an_address_has_so_many_tries_a_window():
    limit = LoginLimit(clock := Clock())
    assert [limit.attempt("192.0.2.1") for _ in range(PER_ADDRESS_MAX)] == [None] * PER_ADDRESS_MAX
    clock.now += 12.5
    assert limit.attempt("192.0.2.1") == 48
    clock.now = 1_000 + WINDOW_SECONDS
    assert limit.attempt("192.0.2.1") is None


def test_a_success_forgets_the_failures_of_its_address_only():
    limit = LoginLimit(Clock())
    for _ in range(PER_ADDRESS_MAX):
        limit.attempt("192.0.2.1")
        limit.attempt("192.0.2.2")
    limit.succeeded("192.0.2.1")
    assert limit.attempt("192.0.2.1") is None
    assert limit.attempt("192.0.2.2") == 60


def test_many_addresses_have_one_try_each_and_the_owner_has_one_too():
    limit = LoginLimit(Clock())
    through = sum(
        limit.attempt(f"10.0.{number >> 8}.{number & 255}") is None for number in range(2_000) for _ in "12345"
    )
    assert through <= 2_000 + GLOBAL_MAX
    assert limit.attempt("203.0.113.9") is None


def test_the_addresses_of_one_ipv6_subscriber_are_one():
    limit = LoginLimit(Clock())
    refused = [limit.attempt(f"2001:db8:1:2::{number:x}") for number in range(PER_ADDRESS_MAX + 1)]
    assert refused == [None] * PER_ADDRESS_MAX + [60]
    assert limit.attempt("2001:db8:1:3::1") is None


def test_its_memory_is_bounded():
    limit = LoginLimit(Clock())
    for number in range(ADDRESSES_MAX * 3):
        limit.attempt(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limit) == ADDRESSES_MAX
