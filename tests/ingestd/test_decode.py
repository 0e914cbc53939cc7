"""Any bytes give an event or a reason; every payload version since v6.9.38 gives an event."""

import json
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestd.decode import (
    MILLISECONDS_MAX,
    PAYLOAD_BYTES_MAX,
    Reason,
    Rejected,
    account_label,
    decode,
    error_class,
)
from ingestd.usage_event import UsageEvent
from shared.error_class import ErrorClass

steady = settings(deadline=None, derandomize=True)

DATA = Path(__file__).parents[1] / "data" / "cpa"
SAMPLES = (DATA / "usage-samples.jsonl").read_bytes().splitlines()
CAPTURED = (DATA / "captured-usage.jsonl").read_bytes().splitlines()
SAME_NAMES = (
    "latency_ms", "ttft_ms", "source", "auth_index", "client_ip", "x_forwarded_for", "user_agent", "failed",
    "accounting_version", "provider", "executor_type", "model", "alias", "endpoint", "auth_type", "api_key",
    "request_id", "reasoning_effort", "service_tier", "response_service_tier", "response_headers",
)  # fmt: skip
MINIMAL = {"timestamp": "2026-08-22T12:00:00Z", "tokens": {}}


def payload(**fields) -> bytes:
    return json.dumps(MINIMAL | fields).encode()


def event(**fields) -> UsageEvent:
    decoded = decode(payload(**fields))
    assert isinstance(decoded, UsageEvent), decoded
    return decoded


def reason(message: bytes) -> Reason:
    decoded = decode(message)
    assert isinstance(decoded, Rejected), decoded
    return decoded.reason


@pytest.mark.parametrize("line", SAMPLES + CAPTURED, ids=lambda line: str(len(line)))
def test_every_recorded_payload_is_an_event_with_its_own_values(line):
    sent = json.loads(line)
    decoded = decode(line)
    assert isinstance(decoded, UsageEvent)
    for name in SAME_NAMES:
        if name in sent:
            assert getattr(decoded, name) == sent[name], name
    assert decoded.generate == sent.get("generate", True)
    assert decoded.status_code == sent.get("fail", {"status_code": 0 if sent["failed"] else 200})["status_code"]
    assert decoded.fail_body == sent.get("fail", {}).get("body", "")
    for name, value in sent["tokens"].items():
        assert getattr(decoded.tokens, name) == value
    if "token_breakdown" in sent:
        assert msgspec.to_builtins(decoded.breakdown) == sent["token_breakdown"]
    else:
        assert decoded.breakdown is None


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-08-22T14:42:00.5Z", 1_787_409_720_500_000),
        ("2026-08-22T22:42:00.500+08:00", 1_787_409_720_500_000),
        ("2026-08-22T14:42:00Z", 1_787_409_720_000_000),
        ("2026-08-22T14:42:00.123456789Z", 1_787_409_720_123_456),
        ("2026-08-22T14:42:00.9999999Z", 1_787_409_720_999_999),
        ("2026-08-22T14:42:00.000000001+05:45", 1_787_388_820_000_000 + 200_000_000),
        ("2026-08-22T10:42:00.1-04:00", 1_787_409_720_100_000),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999_999),
    ],
)
def test_timestamps_become_microseconds_and_finer_digits_are_cut(text, microseconds):
    assert event(timestamp=text).occurred_at == microseconds


@steady
@given(
    st.datetimes(min_value=datetime(1970, 1, 2)),  # noqa: DTZ001 - the offset is added below
    st.integers(0, 9),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 999_999_999),
)
def test_any_rfc_3339_timestamp_equals_integer_arithmetic(moment, digits, offset, nanos):
    fraction = f".{nanos:09d}"[: digits + 1] if digits else ""
    sign, minutes = ("+" if offset >= 0 else "-"), abs(offset)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}".zfill(19) + fraction + f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    seconds = (moment.toordinal() - 719_163) * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second
    expected = (seconds - offset * 60) * 1_000_000 + int(fraction[1:].ljust(9, "0")[:6] or 0)
    decoded = decode(payload(timestamp=text))
    assert isinstance(decoded, UsageEvent), text
    assert decoded.occurred_at == expected


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-08-22", "2026-08-22T12:00:00", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z", "1787409720"],
)
def test_a_timestamp_that_is_no_instant_since_1970_is_refused(text):
    assert reason(payload(timestamp=text)) is Reason.INVALID_TIMESTAMP


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", Reason.INVALID_JSON),
        (b"\x00\x01\x02", Reason.INVALID_JSON),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":{}', Reason.INVALID_JSON),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":{"input_tokens":NaN}}', Reason.INVALID_JSON),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":{"input_tokens":Infinity}}', Reason.INVALID_JSON),
        (b"[]", Reason.NOT_AN_OBJECT),
        (b'"text"', Reason.NOT_AN_OBJECT),
        (b"null", Reason.NOT_AN_OBJECT),
        (b'{"support_refresh":true}', Reason.CONTROL_MESSAGE),
        (b'{"refresh":true}', Reason.CONTROL_MESSAGE),
        (b"{}", Reason.MISSING_TIMESTAMP),
        (b'{"tokens":{}}', Reason.MISSING_TIMESTAMP),
        (b'{"timestamp":"2026-08-22T12:00:00Z"}', Reason.MISSING_TOKENS),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":null}', Reason.MISSING_TOKENS),
        (b'{"timestamp":5,"tokens":{}}', Reason.WRONG_TYPE),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":[]}', Reason.WRONG_TYPE),
        (payload(tokens={"input_tokens": "12"}), Reason.WRONG_TYPE),
        (payload(tokens={"input_tokens": 1.5}), Reason.WRONG_TYPE),
        (payload(tokens={"input_tokens": True}), Reason.WRONG_TYPE),
        (payload(failed="yes"), Reason.WRONG_TYPE),
        (payload(model=7), Reason.WRONG_TYPE),
        (payload(response_headers={"A": "not a list"}), Reason.WRONG_TYPE),
        (payload(tokens={"input_tokens": 2**63}), Reason.NUMBER_OUT_OF_RANGE),
        (payload(tokens={"input_tokens": -(2**63) - 1}), Reason.NUMBER_OUT_OF_RANGE),
        (payload(latency_ms=10**400), Reason.NUMBER_OUT_OF_RANGE),
        (payload(fail={"status_code": 2**70}), Reason.NUMBER_OUT_OF_RANGE),
        (payload(token_breakdown={"input": {"total_tokens": 2**64}}), Reason.NUMBER_OUT_OF_RANGE),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":{},"model":"\xff\xfe"}', Reason.INVALID_UTF8),
        (b"[" * 100_000, Reason.NOT_AN_OBJECT),
        (b'{"timestamp":"2026-08-22T12:00:00Z","tokens":{},"x":' + b"[" * 100_000, Reason.TOO_DEEP),
        (b" " * (PAYLOAD_BYTES_MAX + 1), Reason.TOO_LARGE),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else None,
)
def test_what_is_no_event_is_refused_with_its_reason(message, expected):
    got = reason(message)
    if expected is Reason.NOT_AN_OBJECT and len(message) > 1_000:
        assert got in (Reason.TOO_DEEP, Reason.INVALID_JSON)  # unclosed and deep: either is true
    else:
        assert got is expected


def test_a_refusal_quotes_nothing_of_the_message():
    decoded = decode(payload(api_key=["sk-SECRET-0123456789abcdef"]))
    assert isinstance(decoded, Rejected)
    assert "SECRET" not in repr(decoded)
    assert "api_key" in decoded.detail


def test_an_error_body_of_ten_mebibytes_is_kept_whole():
    body = "x" * (10 * 1024 * 1024)
    assert event(failed=True, fail={"status_code": 500, "body": body}).fail_body == body


def test_unknown_fields_of_any_shape_are_ignored():
    assert event(home={"a": [1, {"b": None}]}, tokens={"audio_tokens": 5, "input_tokens": 1}).tokens.input_tokens == 1


def test_negative_counters_are_kept_for_normalization():
    assert event(tokens={"input_tokens": -5}).tokens.input_tokens == -5


def test_times_are_clamped_to_what_the_columns_hold():
    assert event(latency_ms=-1, ttft_ms=-(2**63)).latency_ms == 0
    assert event(latency_ms=MILLISECONDS_MAX).latency_ms == MILLISECONDS_MAX
    assert event(latency_ms=10**13, ttft_ms=10**13).latency_ms == 0


def test_a_missing_request_id_is_no_reason_to_refuse():
    assert event().request_id == ""


def test_a_blank_model_is_unknown_and_a_missing_alias_is_the_model():
    blank = event(model="  ", provider=" ")
    assert (blank.model, blank.alias, blank.provider) == ("unknown", "unknown", "unknown")
    assert event(model="gpt-5.4").alias == "gpt-5.4"


def test_an_impossible_status_code_is_no_status():
    assert event(failed=True, fail={"status_code": 70_000, "body": ""}).status_code == 0


def test_a_missing_generate_is_true_except_for_a_silent_websocket_warm_up():
    assert event(executor_type="CodexExecutor").generate
    assert not event(executor_type="CodexWebsocketsExecutor").generate
    assert event(executor_type="CodexWebsocketsExecutor", failed=True).generate
    assert event(executor_type="CodexWebsocketsExecutor", tokens={"input_tokens": 1}).generate
    assert not event(generate=False).generate


def test_an_event_shows_no_secret_when_it_is_printed():
    shown = repr(event(api_key="sk-client-SECRET", source="sk-upstream-SECRET", model="gpt-5.4"))
    assert "SECRET" not in shown
    assert "gpt-5.4" in shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [*json.loads(CAPTURED[0]), "unknown"]


@steady
@given(st.binary(max_size=200))
@example(b'{"timestamp":"\\ud800","tokens":{}}')
@example(b'{"timestamp":"2026-08-22T12:00:00Z","tokens":{},"model":"\\udfff\\ud83d"}')
def test_any_bytes_give_an_event_or_a_reason(message):
    assert isinstance(decode(message), UsageEvent | Rejected)


@steady
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8))
def test_any_json_in_any_field_gives_an_event_or_a_reason(fields):
    decoded = decode(json.dumps(MINIMAL | fields).encode("utf-8", "surrogatepass"))
    assert isinstance(decoded, UsageEvent | Rejected)
    if isinstance(decoded, Rejected):
        assert decoded.reason in Reason
    else:
        msgspec.json.encode(decoded)  # every text can be stored as UTF-8


@steady
@given(st.sampled_from(CAPTURED), st.data())
def test_a_damaged_payload_gives_an_event_or_a_reason(line, data):
    at = data.draw(st.integers(0, len(line) - 1))
    damage = data.draw(st.binary(max_size=3))
    assert isinstance(decode(line[:at] + damage + line[at + data.draw(st.integers(0, 5)) :]), UsageEvent | Rejected)


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"source": "alice@example.com", "auth_type": "oauth"}, "alice@example.com"),
        ({"source": "alice@example.com", "provider": "kimi", "auth_type": "apikey"}, "alice@example.com"),
        ({"source": "demo-project-42", "provider": "vertex", "auth_type": "oauth"}, "demo-project-42"),
        ({"source": "example.com:demo-42", "provider": "vertex", "auth_type": "oauth"}, "example.com:demo-42"),
        ({"source": "aistudio-8a1f", "provider": "aistudio", "auth_type": "oauth"}, "aistudio-8a1f"),
        ({"source": ""}, ""),
        # CPA puts the client's key there where the account has no name: no account is known then.
        ({"source": "team-secret-key", "api_key": "team-secret-key", "provider": "vertex", "auth_type": "oauth"}, ""),
    ],
)
def test_an_account_that_is_no_secret_stays_readable(fields, label):
    assert account_label(event(**fields)) == label


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "sk-ant-api03-SECRETSECRETSECRET", "auth_type": "apikey"},
        {"source": "AIzaSySECRETSECRETSECRETSECRETSECRET", "provider": "vertex", "auth_type": "apikey"},
        {"source": "sk-secret-client-key-1", "provider": "vertex", "auth_type": "oauth"},
        {"source": "team-secret-key", "provider": "kimi", "auth_type": "oauth"},
        {"source": "http://user:secret@example.com", "auth_type": "oauth"},
        {"source": "short", "auth_type": "apikey"},
    ],
)
def test_an_account_that_may_be_a_key_is_masked(fields):
    label = account_label(event(**fields))
    assert "…" in label
    assert len(label) < len(fields["source"]) or label == "…"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (6, ErrorClass.RATE_LIMITED),
        (8, ErrorClass.UNAUTHORIZED),
        (9, ErrorClass.NETWORK),
        (10, ErrorClass.CANCELLED),
        (11, ErrorClass.NETWORK),
        (24, ErrorClass.UNKNOWN),
        (29, ErrorClass.OVERLOADED),
        (1, ErrorClass.NONE),
    ],
)
def test_the_samples_have_their_error_class(number, expected):
    decoded = decode(SAMPLES[number - 1])
    assert isinstance(decoded, UsageEvent)
    assert error_class(decoded) is expected


def test_captured_failures_are_classed_by_what_happened():
    """Line of captured-usage.jsonl → class, one or more for each that occurs."""
    expected = {
        47: ErrorClass.RATE_LIMITED,
        55: ErrorClass.UNAUTHORIZED,
        56: ErrorClass.PAYMENT_REQUIRED,
        57: ErrorClass.FORBIDDEN,
        61: ErrorClass.SERVER_ERROR,
        63: ErrorClass.OVERLOADED,
        64: ErrorClass.SERVER_ERROR,  # an HTML 502 of a proxy is an answer
        66: ErrorClass.NETWORK,
        69: ErrorClass.SERVER_ERROR,  # no body at all
        73: ErrorClass.NOT_FOUND,
        85: ErrorClass.TIMEOUT,
        93: ErrorClass.NETWORK,
        102: ErrorClass.CANCELLED,
        105: ErrorClass.CANCELLED,
        112: ErrorClass.INVALID_REQUEST,
        115: ErrorClass.NETWORK,
        145: ErrorClass.NETWORK,
        149: ErrorClass.NETWORK,
        152: ErrorClass.NETWORK,
    }
    for line, wanted in expected.items():
        decoded = decode(CAPTURED[line - 1])
        assert isinstance(decoded, UsageEvent)
        assert error_class(decoded) is wanted, line
    for captured in CAPTURED:
        decoded = decode(captured)
        assert isinstance(decoded, UsageEvent)
        assert (error_class(decoded) is ErrorClass.NONE) == (not decoded.failed)


@pytest.mark.parametrize(
    "changes",
    [
        {name: None}
        for name in (
            *("latency_ms", "ttft_ms", "source", "auth_index", "client_ip", "x_forwarded_for", "user_agent", "failed"),
            *("generate", "fail", "provider", "executor_type", "model", "alias", "endpoint", "auth_type", "api_key"),
            *("request_id", "reasoning_effort", "service_tier", "response_service_tier", "response_headers"),
            *("accounting_version", "token_breakdown"),
        )
    ]
    + [
        {"response_headers": {"Content-Type": ["application/json"], "X-Empty": None}},
        {"response_headers": {"Content-Type": ["application/json", None]}},
        {"fail": {"status_code": None, "body": None}},
        {"tokens": {"input_tokens": 7, "cached_tokens": None, "cache_read_tokens_present": None}},
        {"token_breakdown": {"schema_version": 2, "input": None, "output": {"total_tokens": None}, "quality": None}},
        {"a_field_of_a_later_version": None},
    ],
    ids=str,
)
def test_null_in_an_optional_field_is_absence(changes):
    absent = {name: value for name, value in changes.items() if value is not None}
    expected = json.loads(payload(**absent))
    for name, value in changes.items():
        if value is None:
            expected.pop(name, None)
    found, without = decode(payload(**changes)), decode(json.dumps(_without_nulls(expected)).encode())
    assert isinstance(found, UsageEvent)
    assert found == without


def _without_nulls(value):
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value if part is not None] if isinstance(value, list) else value


def test_a_wrong_type_is_told_with_its_path_even_behind_nulls():
    refused = decode(payload(user_agent=None, response_headers={"A": "not a list", "B": None}))
    assert isinstance(refused, Rejected)
    assert refused.reason is Reason.WRONG_TYPE
    assert "$.response_headers" in refused.detail
