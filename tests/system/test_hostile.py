"""Any bytes in the queue: what is an event becomes one, what is none is kept with a reason, and the line goes on."""

import random

import pytest

from tests.cpa.management import _element
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

ALL = "from=2026-01-01&to=2027-01-01"
DEEP = 5_000
"""Levels of nesting: Go's decoder, and so CPA, takes twice as many for valid JSON."""


def good(number, **changes):
    return payload(number, **changes)


def altered(number, old, new):
    """A good message with a piece replaced that no encoder of ours would write."""
    text = good(number)
    assert old in text
    return text.replace(old, new, 1)


def refused_ones():
    """Messages that are no event, and the reason each must be given."""
    tokens = b'"input_tokens":'
    return [
        (b"{", "invalid_json"),
        (b"NaN", "invalid_json"),
        (b"\x00\x01\x02", "invalid_json"),
        (good(1)[:-1], "invalid_json"),
        (good(2) + b"}", "invalid_json"),
        (altered(3, b'"latency_ms":', b'"latency_ms":NaN,"x":'), "invalid_json"),
        (altered(4, tokens, tokens + b'Infinity,"x":'), "invalid_json"),
        (b"[" * DEEP + b"]" * DEEP, "too_deep"),
        (altered(5, b"{", b'{"timestamp":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b","), "too_deep"),
        (altered(6, b"alice", b"al\xff\xfece"), "invalid_utf8"),
        (altered(19, b'"alias":"', b'"alias":"alone \\ud800'), "invalid_json"),
        (b'"a text"', "not_an_object"),
        (b"[]", "not_an_object"),
        (b"17", "not_an_object"),
        (b"true", "not_an_object"),
        (b'{"refresh":true,"more":1}', "control_message"),
        (b'{"support_refresh":false}', "control_message"),
        (b"{}", "missing_timestamp"),
        (altered(7, b'"timestamp"', b'"time"'), "missing_timestamp"),
        (altered(8, b"+08:00", b""), "invalid_timestamp"),
        (altered(9, b"2026-11-24", b"2026-13-24"), "invalid_timestamp"),
        (altered(10, b"2026-11-24", b"1969-11-24"), "invalid_timestamp"),
        (altered(20, b"2026-11-24", b"9999-12-31"), "impossible_time"),
        (altered(21, b"2026-11-24T", b"1970-01-02T"), "impossible_time"),
        (altered(22, b"2026-11-24T", b"2019-12-31T"), "impossible_time"),
        (altered(11, b'"tokens"', b'"tokenz"'), "missing_tokens"),
        (altered(12, b'"tokens":{', b'"tokens":[],"x":{'), "wrong_type"),
        (altered(13, b'"failed":false', b'"failed":"no"'), "wrong_type"),
        (altered(14, b'"model":"', b'"model":7,"x":"'), "wrong_type"),
        (altered(15, b'"latency_ms":', b'"latency_ms":1.5,"x":'), "wrong_type"),
        (altered(16, tokens, tokens + b'9223372036854775808,"x":'), "number_out_of_range"),
        (altered(17, tokens, tokens + b"1" + b"0" * 400 + b',"x":'), "number_out_of_range"),
        (altered(18, b'"latency_ms":', b'"latency_ms":-99999999999999999999,"x":'), "number_out_of_range"),
        (good(23, tokens={"input_tokens": 2**62, "output_tokens": 2**62, "total_tokens": 0}), "number_out_of_range"),
        (b'{"timestamp":"2026-11-24T10:00:00Z","padding":"' + b"x" * (17 * 2**20) + b'"}', "too_large"),
    ]


def accepted_ones():
    """Messages that are events, however odd they look."""
    return [
        good(101, fail={"status_code": 500, "body": "e" * (10 * 2**20)}, failed=True),
        good(102, model="模型-" + "长" * 5_000, alias="\u202eright-to-left\u202c", user_agent="\x00\x01 control \x7f"),
        good(103, model="", provider="", endpoint="", api_key="", auth_index="", request_id="", user_agent=""),
        good(104, request_id="not eight hex digits, but ümläute"),
        good(105, latency_ms=-5, ttft_ms=2**62, fail={"status_code": 10**6, "body": ""}),
        good(106, tokens={"input_tokens": 2**39, "output_tokens": 2**39 - 1, "total_tokens": 0, "cached_tokens": 0}),
        good(107, response_headers={"X-Odd": [], "": ["\n"], "Set-Cookie": ["a=b; secret"]}, failed=True),
        altered(108, b"{", b'{"unknown":' + str(10**40).encode() + b',"real":1e400,'),
        altered(109, b'"alias":"', b'"alias":"\\ud800\\udc00 \\u0000 '),
        altered(110, b"{", b'{"model":"first of two",'),
        b" \n" + good(111) + b"\r\n ",
        altered(112, b"2026-11-24T", b"2020-01-02T"),
        altered(113, b'"alias":', b'"response_headers":null,"user_agent":null,"token_breakdown":null,"alias":'),
        good(114, reasoning_effort="!", service_tier="\\", model="!not", alias="a,b&c=d"),
    ]


def mangled(chance, count):
    """Good messages after accidents: bytes flipped, lost, doubled, joined."""
    for number in range(count):
        text = bytearray(good(1_000 + number))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text))
            match chance.randrange(4):
                case 0:
                    text[place] ^= 1 << chance.randrange(8)
                case 1:
                    del text[place : place + chance.randint(1, 40)]
                case 2:
                    text[place:place] = text[place : place + chance.randint(1, 40)]
                case _:
                    text[place : place + 1] = chance.choice((b'"', b"{", b"\\", b"\xf0", b"\x00", b"1e9", b","))
        yield bytes(text)


@pytest.mark.parametrize("mode", ["pop", "subscribe", "http"])
def test_no_bytes_stop_the_line_and_none_vanish(cpa, keep, mode):
    chance = random.Random(mode)
    refused, accepted = dict(refused_ones()), accepted_ones()
    plain = [good(number) for number in range(5_000, 5_200)]
    accidents = list(mangled(chance, 300))
    sent = [*refused, *accepted, *plain, *accidents]
    chance.shuffle(sent)
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode).start()
    if mode == "subscribe":
        eventually(cpa.queue.subscribers, "a subscription")
    # Control messages as CPA itself sends them are no messages of ours, and are not counted.
    cpa.queue.refresh()
    cpa.publish_paced(sent)
    keeper.wait_settled(len(sent))

    filed = {bytes(text): number for number, text in keeper.sql("select id, payload from inbox")[::-1]}
    reasons = {bytes(text): reason for text, reason in keeper.sql("select payload, reason from rejected")}
    events = {number for (number,) in keeper.sql("select inbox_id from event")}
    if mode == "http":  # what is no JSON arrives as a JSON text, which is as good a reason (contract 2)
        refused = {in_array(text): reason for text, reason in refused.items()}
        accidents = [in_array(text) for text in accidents]
    for text in [*accepted, *plain]:
        assert filed[in_array(text) if mode == "http" else text] in events
    for text, reason in refused.items():
        assert reasons[text] in ({reason, "not_an_object"} if mode == "http" else {reason})
    for text in accidents:
        assert (filed[text] in events) != (text in reasons)
    assert len(reasons) + len(events) == len(sent)
    told = {"pending": 0, "rejected": len(reasons)}
    eventually(lambda: keeper.get("/status")["ingestd"]["inbox"] == told, "the status tells of the refused ones")
    assert f"{len(reasons):,} messages" in keeper.problems()["rejected_messages"]

    cpa.publish_paced([good(9_999)])
    keeper.wait_settled(len(sent) + 1)
    assert keeper.ingestd.alive()
    check_answers(keeper)


def in_array(text):
    return _element(text).strip()


def check_answers(keeper):
    """Everything that was stored can be asked for; nothing of it is a bug of queryd."""
    events = keeper.events(ALL)
    assert len(events) >= 200
    for event in events:
        if not (event["request_id"] or "").startswith("000013"):  # a few of the plain ones are enough
            keeper.get(f"/events/{event['id']}")
    for path, methods in keeper.get("/openapi.json")["paths"].items():
        if "get" in methods and "{" not in path:
            more = "?as_model=gpt-5.4" if path == "/what-if" else ""  # it has no answer to nothing
            assert keeper.ask(path.removeprefix("/api/v1") + more).is_success, path
