"""Our own export as JSON Lines (`GET /events/export?format=jsonl`): a line that says what was selected, then events.

Its ids are identities, so what is in the file already is known exactly. It holds no key and no `auth_index`: keys and
accounts are found again by what they are called, or get a row under that name.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ingestd.decode import epoch_microseconds
from ingestd.imports.source import (
    NO_COUNTERS,
    NO_HEADERS,
    Edits,
    Imported,
    ImportProblem,
    Unusable,
    canonical,
    milliseconds,
)
from ingestd.usage_event import UsageEvent
from shared import event_id
from shared.clock import MILLISECOND
from shared.normalization import Tokens

LINE_BYTES_MAX = 1024 * 1024
"""A request has some hundred bytes; an error message is one line of its gist."""

_STATUS_MAX = 999


class _Entity(msgspec.Struct, frozen=True):
    label: str
    provider: str = ""


class _Line(msgspec.Struct, frozen=True):
    id: str
    occurred_at: str
    result: str
    provider: str
    model: _Entity
    credential: _Entity
    api_key: _Entity
    status_code: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    total_tokens: int
    alias: str | None = None
    endpoint: str = ""
    client: str = ""
    reasoning_effort: str = ""
    service_tier: str = ""
    generate: bool = True
    request_id: str | None = None
    error_message: str | None = None
    latency_ms: int = 0
    ttft_ms: int | None = None


class _Header(msgspec.Struct, frozen=True):
    selection: dict[str, object]


_decode = msgspec.json.Decoder(_Line).decode


def recognizes(head: bytes) -> bool:
    """Whether a file that begins so is an export of ours."""
    first, _, _ = head.partition(b"\n")
    return first.lstrip().startswith((b'{"selection":', b'{"id":"'))


class Lines:
    """An export, read a line at a time."""

    kind = "an export of this program"
    total: int | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.total = sum(1 for line in file if line.startswith(b'{"id":"'))

    def close(self) -> None:
        """Nothing is open."""

    def edits(self) -> Edits:
        return Edits()

    def events(self) -> Iterator[Imported | Unusable]:
        with self._path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_BYTES_MAX + 1):
                number += 1
                if len(line) > LINE_BYTES_MAX:
                    raise ImportProblem(f"{self._path}: line {number} is longer than any line of an export")
                if not line.strip() or (number == 1 and line.startswith(b'{"selection":')):
                    continue
                try:
                    entry = _decode(line)
                except (msgspec.MsgspecError, ValueError) as problem:
                    end = not line.endswith(b"\n")
                    why = "the export ends in the middle of a line" if end else f"line {number}: {problem}"
                    raise ImportProblem(f"{self._path} is damaged: {why}") from problem
                yield _event(entry)


def _event(line: _Line) -> Imported | Unusable:
    identity = event_id.decode(line.id)
    if identity is None or epoch_microseconds(line.occurred_at) is None:
        return Unusable.NO_TIME
    occurred_at, digest = identity
    if abs(occurred_at - (epoch_microseconds(line.occurred_at) or 0)) > MILLISECOND:
        return Unusable.IMPOSSIBLE_TIME
    told = Tokens(
        line.input_tokens, line.cache_read_tokens, line.cache_write_tokens, line.output_tokens, line.reasoning_tokens
    )
    counted = canonical(told, line.total_tokens)
    if counted is None:
        return Unusable.NUMBER_OUT_OF_RANGE
    failed = line.result == "failed"
    event = UsageEvent(
        occurred_at=occurred_at,
        tokens=NO_COUNTERS,
        breakdown=None,
        accounting_version=0,
        failed=failed,
        generate=line.generate,
        status_code=line.status_code if 0 <= line.status_code <= _STATUS_MAX else 0,
        fail_body=line.error_message or "" if failed else "",
        latency_ms=milliseconds(line.latency_ms),
        ttft_ms=milliseconds(line.ttft_ms),
        provider=line.provider or "unknown",
        executor_type="",
        model=line.model.label or "unknown",
        alias=line.alias or line.model.label or "unknown",
        endpoint=line.endpoint,
        auth_type="",
        auth_index="",
        source="",
        api_key="",
        request_id=line.request_id or "",
        reasoning_effort=line.reasoning_effort,
        service_tier=line.service_tier,
        response_service_tier="",
        client_ip="",
        x_forwarded_for="",
        user_agent=line.client,
        response_headers=NO_HEADERS,
    )
    return Imported(event, *counted, digest, api_key=line.api_key.label, credential=line.credential.label)
