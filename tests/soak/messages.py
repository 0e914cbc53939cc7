"""Every kind of bad message that CPA, or what sits in between, could put into the queue; a number makes each unique."""

import json
from collections.abc import Callable, Collection
from copy import deepcopy
from random import Random
from typing import Any

KINDS: dict[str, Callable[[dict[str, Any], int], bytes]] = {}


def _kind(make: Callable[[dict[str, Any], int], object]) -> None:
    def encoded(event: dict[str, Any], number: int) -> bytes:
        made = make(event, number)
        return (
            made if isinstance(made, bytes) else json.dumps(made, ensure_ascii=False).encode("utf-8", "surrogatepass")
        )

    KINDS[make.__name__.removeprefix("_")] = encoded


def bad_message(good: bytes, number: int, rng: Random, left_out: Collection[str] = ()) -> bytes:
    """A good payload, spoilt in one of the ways; not every way makes it unusable."""
    event = json.loads(good)
    # Twice, because one of them may be what is spoilt: the same bytes would be one event.
    event["request_id"] = f"{number:08x}"
    event["x_forwarded_for"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return KINDS[rng.choice(sorted(KINDS.keys() - set(left_out)))](deepcopy(event), number)


def _replaced(event: dict[str, Any], number: int, values: list[Any], *path: str) -> dict[str, Any]:
    target = event
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = values[number % len(values)]
    return event


@_kind
def _no_json(_event: dict[str, Any], number: int) -> bytes:
    return b"no json %d" % number


@_kind
def _bytes_of_no_text(_event: dict[str, Any], number: int) -> bytes:
    return b'{"model":"\xff\xfe\x00","n":%d}' % number


@_kind
def _half(event: dict[str, Any], number: int) -> bytes:
    return json.dumps(event).encode()[: 40 + number % 200] + b"%d" % number


@_kind
def _deep(_event: dict[str, Any], number: int) -> bytes:
    return b"[" * 5_000 + b"%d" % number + b"]" * 5_000


@_kind
def _list(event: dict[str, Any], number: int) -> object:
    return [number, event]


@_kind
def _scalar(_event: dict[str, Any], number: int) -> object:
    return number


@_kind
def _impossible_time(event: dict[str, Any], number: int) -> object:
    values = [
        "1970-01-01T00:00:07Z",
        "2099-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9Z",
        "yesterday",
        "",
        None,
        17,
        "2026-02-30T00:00:00Z",
    ]
    return _replaced(event, number, values, "timestamp")


@_kind
def _wrong_type(event: dict[str, Any], number: int) -> object:
    name = sorted(event)[number % len(event)]
    return event | {name: [{"number": number}, "text", -1, True, [], {}][number % 6]}


@_kind
def _null(event: dict[str, Any], number: int) -> object:
    return event | {sorted(event)[number % len(event)]: None}


@_kind
def _missing(event: dict[str, Any], number: int) -> object:
    return {name: value for name, value in event.items() if name != sorted(event)[number % len(event)]}


@_kind
def _odd_tokens(event: dict[str, Any], number: int) -> object:
    return _replaced(event, number, [-1, 2**40, 2**63, 2**70, 1.5, "12", None], "tokens", "input_tokens")


@_kind
def _odd_latency(event: dict[str, Any], number: int) -> object:
    return _replaced(event, number, [-5, 10**13, 2**64, 0.1, "slow"], "latency_ms")


@_kind
def _odd_name(event: dict[str, Any], number: int) -> object:
    names = [
        "m\u202egnp.exe",
        "a\x00b",
        "x" * 5_000,
        "!not",
        "__proto__",
        "ملف",
        "模型",
        "\ud800",
        "a,b&c=d",
        "<script>",
        "",
    ]
    return _replaced(
        event,
        number,
        [f"{name}{number % 50}" for name in names],
        ["model", "api_key", "user_agent", "source"][number % 4],
    )


@_kind
def _huge(event: dict[str, Any], number: int) -> object:
    return event | {"failed": True, "fail": {"status_code": 500, "body": f"{number} " + "z" * 2_000_000}}


@_kind
def _odd_status(event: dict[str, Any], number: int) -> object:
    return event | {
        "failed": True,
        "fail": {"status_code": [0, -1, 99_999, "x", None][number % 5], "body": "sk-proj-" + "A" * 30},
    }
