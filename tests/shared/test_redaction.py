"""What is left of a secret, wherever it stands; and that what explains an error stays readable."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.redaction import mask, redact, redact_json, without_login

CAPTURED = Path(__file__).parents[1] / "data" / "cpa" / "captured-usage.jsonl"

BASE62 = string.ascii_letters + string.digits
PREFIXES = (
    *("sk-", "sk-ant-api03-", "sk-proj-", "sk-or-v1-", "sk_live_", "xai-", "gsk_", "pplx-", "hf_", "nvapi-", "tgp_v1_"),
    *("ghp_", "gho_", "ghs_", "github_pat_11", "glpat-", "npm_", "xoxb-", "AIzaSy", "AKIA", "ASIA", "r8_", "eyJhbGci"),
)
CONTEXTS = (
    *("Incorrect API key provided: {}.", "{}", "Bearer {} is not valid", '{{"error":{{"message":"bad {}"}}}}'),
    *("curl/8 ({})", "https://h.example/v1?alt=sse&x={}", "中文{}错误", "x\n{}\ny", "'{}'", "<td>{}</td>", "key={}"),
)
NAMED = (
    *(
        "password={}",
        'password: "{}"',
        "api_key: {}",
        '"api_key":"{}"',
        "apikey={}&x=1",
        "api key: {}",
        "X-Api-Key: {}",
    ),
    *("https://h.example/?key={}", "https://h.example/?a=b&token={}", "postgres://user:{}@db.example:5432/x"),
    *(
        "redis://:{}@cache:6379/0",
        "http://admin:{}@127.0.0.1:8317",
        "root:{}@tcp(10.0.0.1:3306)/db",
        "client_secret={}",
    ),
    *("Authorization: Basic {}", "authorization: {}", "Set-Cookie: session={}; Path=/", '{{\\"password\\":\\"{}\\"}}'),
    *("aws_secret_access_key = {}", "AccountKey={};EndpointSuffix=x", "refresh_token={}", "x-goog-signature={}"),
    *("Ocp-Apim-Subscription-Key: {}", "DB_PASSWORD={}", "passphrase={}", "pwd={};", "private_key={}", "idToken={}"),
)


def left_of(secret: str, text: str) -> bool:
    """Whether enough of a secret is in a text to be of use: more than its two ends."""
    return any(secret[at : at + 10] in text for at in range(len(secret) - 9)) if len(secret) > 10 else secret in text


@given(st.sampled_from(PREFIXES), st.text("0123456789" + string.ascii_uppercase, min_size=20, max_size=90), st.data())
def test_what_looks_like_a_key_is_never_shown_whole(prefix, rest, data):
    secret = prefix + rest
    shown = redact(data.draw(st.sampled_from(CONTEXTS)).format(secret))
    assert not left_of(secret, shown)
    assert redact(shown) == shown


@given(st.sampled_from(NAMED), st.text(BASE62 + "-_~+*!$", min_size=6, max_size=64))
def test_what_stands_under_a_secrets_name_goes_whatever_it_looks_like(context, secret):
    shown = redact(context.format(secret))
    assert secret not in shown
    assert "…" in shown
    assert redact(shown) == shown


@given(
    st.text("0123456789abcdef", min_size=32, max_size=128).filter(
        lambda t: set(t) & set("abcdef") and set(t) & set("0123456789")
    )
)
def test_long_hexadecimal_numbers_are_masked_unless_they_name_a_request(secret):
    assert not left_of(secret, redact(f"key {secret} is unknown"))
    if len(secret) <= 64:
        assert secret in redact(f'{{"request_id": "{secret}"}}')


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nMIIE-secret/abc+def=\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\\nMIIEsecret",
        "-----begin openssh private key-----\nb3Blbn-secret",
        '{"password": "several words are a secret"}',
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2VjcmV0secret expired",
        "token ya29.secret-secret-secret",
        "1//0secret-refresh-token-secret",
        "SG.secretsecretsecretse.secretsecretsecretsecretsecret",
        "Authorization: Bearer short-secret",
        "DefaultEndpointsProtocol=https;AccountKey=secret/secret==;",
    ],
)
def test_other_kinds_of_secrets_go(text):
    shown = redact(text)
    assert "…" in shown
    assert not left_of("MIIEsecret", shown)
    assert shown.count("secret") <= text.count("secret") - 1
    assert redact(shown) == shown


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
        "basic authentication required",
        "Invalid token: expected string",
        "max_tokens: 4096 is too large, tokens: 1200",
        "Incorrect API key provided",
        "key: value, key-value-store is unavailable",
        "claude-cli/2.1.220 (external, cli)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        "2001:db8::1, 10.0.0.1:4431",
        "=" * 80,
        "中文错误信息",
    ],
)
def test_what_explains_an_error_stays_readable(text):
    assert redact(text) == text


def test_a_secret_that_is_known_goes_however_it_looks():
    assert redact("alice-own is no key of ours", "alice-own", "") == "… is no key of ours"


@given(st.text(max_size=300))
def test_any_text_comes_out_as_it_is_or_shorter_and_stays_so(text):
    shown = redact(text)
    assert len(shown) <= len(text) + text.count(":")
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "api_key",
        "password=",
        "://",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "sk-",
        "eyJ.",
        "bearer ",
        "0a",
        "cookie=",
        "key:",
    ],
)
def test_the_work_grows_with_the_text_and_no_faster(piece):
    """A pattern that goes back over what it read takes minutes here; the test's own time limit is the measure."""
    redact(piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize(
    "secret", ["a", "short", "sk-123456", "sk-demo-alice-0001", "sk-ant-api03-FAKE-claude-main-key"]
)
def test_a_mask_never_holds_enough_to_use_the_key(secret):
    shown = mask(secret)
    assert secret not in shown
    assert len(shown.replace("…", "")) <= len(secret) * 2 / 3


def test_nothing_stays_nothing():
    assert mask("") == ""
    assert redact("") == ""


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("http://admin:hunter2@127.0.0.1:8317", "http://127.0.0.1:8317"),
        ("https://admin@cpa.example/x", "https://cpa.example/x"),
        ("https://a:b@c:d@cpa.example", "https://cpa.example"),
        ("http://cpa.example/@x", "http://cpa.example/@x"),
        ("user:pw@cpa:8317", "cpa:8317"),
    ],
)
def test_an_address_loses_its_login(url, safe):
    assert without_login(url) == safe


def test_secrets_go_by_their_name_whatever_they_look_like():
    payload = {
        "api_key": "team",
        "password": "a long password with words",
        "source": "sk-ant-api03-upstream-key",
        "access_token_sha256": "ab" * 32,
        "response_headers": {
            "Set-Cookie": ["session=abc; Path=/"],
            "Authorization": ["Basic eDp5"],
            "X-Codex-Plan-Type": ["team"],
        },
    }
    shown = json.dumps(redact_json(payload), ensure_ascii=False)
    for secret in ("team-key", "upstream-key", "ab" * 32, "session=abc", "Dp5", '"team",', "words"):
        assert secret not in shown
    assert '"X-Codex-Plan-Type": ["team"]' in shown


def test_an_account_is_shown_by_its_e_mail_address_only():
    assert redact_json({"source": "alice@example.com"}) == {"source": "alice@example.com"}
    assert redact_json({"source": "sk-demo-alice-0001"})["source"] != "sk-demo-alice-0001"
    assert redact_json({"source": "plain-client-key-of-mine"})["source"] != "plain-client-key-of-mine"


def test_no_key_of_any_captured_payload_survives():
    for line in CAPTURED.read_text("utf-8").splitlines():
        payload = json.loads(line)
        shown = json.dumps(redact_json(payload), ensure_ascii=False)
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

    assert shape(redact_json(value)) == shape(value)
