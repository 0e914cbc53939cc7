"""What is left of a secret."""

import pytest

from shared.masking import mask, redact


@pytest.mark.parametrize(
    "secret", ["a", "short", "sk-123456", "sk-demo-alice-0001", "sk-ant-api03-FAKE-claude-main-key"]
)
def test_a_mask_never_holds_enough_to_use_the_key(secret):
    shown = mask(secret)
    assert secret not in shown
    assert len(shown.replace("…", "")) <= len(secret) * 2 / 3


def test_nothing_stays_nothing():
    assert mask("") == ""


def test_bodies_lose_known_and_likely_keys():
    body = "Incorrect API key provided: sk-proj-FAKEFAKEFAKEFAKE. Authorization: Bearer FAKE.FAKE-FAKE; alice-own-key-1"
    cleaned = redact(body, "alice-own-key-1")
    assert "FAKE" not in cleaned
    assert "alice-own-key-1" not in cleaned
    assert cleaned.startswith("Incorrect API key provided: [redacted]")
