import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queryd.request_log.redaction import redact, redact_text

CAPTURED = Path(__file__).parents[2] / "data" / "cpa" / "captured-usage.jsonl"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-AbCdEfGhIjKlMnOpQrSt1234",
        "Authorization: Bearer abcdefghijklmnop",
        'Post "https://generativelanguage.example/v1?key=AIzaSyFAKEFAKEFAKEFAKE1234": EOF',
        "https://h.example/x?alt=sse&access_token=ya29.fake-token-value",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl expired",
        "AKIAFAKEFAKEFAKE1234 is not authorized",
        "-----BEGIN PRIVATE KEY-----\nMIIEfake\n-----END PRIVATE KEY-----",
        "xai-0123456789abcdefghij",
        "deadbeef0123456789deadbeef0123456789deadbeef",
    ],
)
def test_what_looks_like_a_key_is_never_shown_whole(text):
    shown = redact_text(text)
    assert shown != text
    assert "…" in shown
    assert "FAKEFAKEFAKE" not in shown
    assert "MIIEfake" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "rate limit exceeded, try again in 20s",
        'Post "https://chatgpt.example/backend-api/codex/responses": dial tcp 10.0.0.1:443: i/o timeout',
        "req_011CRfakeAAAA",
        "123e4567-e89b-12d3-a456-426614174000",
        "https://docs.example/en/api/errors/http-errors/overloaded/and/what/to/do",
        "claude-opus-4-6-20260101",
        "skip-this-part of the basic plan",
        "中文错误信息",
    ],
)
def test_what_explains_an_error_stays_readable(text):
    assert redact_text(text) == text


def test_secrets_go_by_their_name_whatever_they_look_like():
    payload = {
        "api_key": "team",
        "source": "sk-ant-api03-upstream-key",
        "access_token_sha256": "ab" * 32,
        "response_headers": {
            "Set-Cookie": ["session=abc; Path=/"],
            "Authorization": ["Basic eDp5"],
            "X-Codex-Plan-Type": ["team"],
        },
    }
    shown = json.dumps(redact(payload), ensure_ascii=False)
    for secret in ("team-key", "upstream-key", "ab" * 32, "session=abc", "eDp5", '"team",'):
        assert secret not in shown
    assert '"X-Codex-Plan-Type": ["team"]' in shown


def test_an_account_is_shown_by_its_e_mail_address_only():
    assert redact({"source": "alice@example.com"}) == {"source": "alice@example.com"}
    assert redact({"source": "sk-demo-alice-0001"})["source"] != "sk-demo-alice-0001"
    assert redact({"source": "plain-client-key-of-mine"})["source"] != "plain-client-key-of-mine"


def test_no_key_of_any_captured_payload_survives():
    for line in CAPTURED.read_text("utf-8").splitlines():
        payload = json.loads(line)
        shown = json.dumps(redact(payload), ensure_ascii=False)
        for secret in (payload["api_key"], payload["source"], payload.get("access_token_sha256", "")):
            assert not secret or "@" in secret or secret not in shown
        assert f'"request_id": "{payload["request_id"]}"' in shown


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_json_keeps_its_shape(value):
    def shape(part):
        if isinstance(part, dict):
            return {key: shape(item) for key, item in part.items()}
        return [shape(item) for item in part] if isinstance(part, list) else type(part)

    assert shape(redact(value)) == shape(value)
