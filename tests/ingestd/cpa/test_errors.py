"""What CPA's answers mean."""

import pytest

from ingestd.cpa.errors import MESSAGES, ErrorKind, ban_seconds, http_refusal, refusal


def test_every_condition_has_one_message_that_ends_without_a_full_stop():
    assert set(MESSAGES) == set(ErrorKind)
    assert not any(text.endswith(".") for text in MESSAGES.values())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("IP banned due to too many failed attempts. Try again in 29m58s", 1798),
        ("IP banned due to too many failed attempts. Try again in 30m0s", 1800),
        ("Try again in 7s", 7),
        ("try again in 1h2m3s", 3723),
        ("Try again in 0s", 0),
        ("IP banned", 1800),
        ("Try again in a while", 1800),
    ],
)
def test_the_rest_of_a_ban_is_read_from_cpas_words(text, seconds):
    assert ban_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("invalid management key", ErrorKind.WRONG_KEY),
        ("NOAUTH Authentication required.", ErrorKind.WRONG_KEY),
        ("IP banned due to too many failed attempts. Try again in 1m0s", ErrorKind.BANNED),
        ("remote management disabled", ErrorKind.REMOTE_DISABLED),
        ("remote management key not set", ErrorKind.MANAGEMENT_DISABLED),
        ("redis usage output disabled in home mode", ErrorKind.HOME_MODE),
        ("RESP AUTH disabled; use mTLS", ErrorKind.RESP_DISABLED),
        ("unknown command 'subscribe'", ErrorKind.SUBSCRIBE_MISSING),
        ("protocol error", ErrorKind.PROTOCOL),
    ],
)
def test_each_refusal_over_resp_has_one_meaning(text, kind):
    assert refusal(text).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (401, '{"error":"invalid management key"}', {}, ErrorKind.WRONG_KEY),
        (401, "", {}, ErrorKind.WRONG_KEY),
        (403, '{"error":"remote management disabled"}', {}, ErrorKind.REMOTE_DISABLED),
        (403, '{"error":"IP banned due to too many failed attempts. Try again in 5m1s"}', {}, ErrorKind.BANNED),
        (404, "", {}, ErrorKind.MANAGEMENT_DISABLED),
        (404, "", {"X-CPA-VERSION": "v6.10.0"}, ErrorKind.QUEUE_MISSING),
        (503, "", {}, ErrorKind.UNREACHABLE),
        (418, "", {}, ErrorKind.PROTOCOL),
    ],
)
def test_each_refusal_over_http_has_one_meaning(status, body, headers, kind):
    assert http_refusal(status, body, headers).kind is kind
