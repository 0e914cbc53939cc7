"""What CPA itself exported while it still counted (`GET /v0/management/usage/export`, v6.0 to v6.9).

`{"version": 1, "exported_at": …, "usage": {"apis": {KEY: {"models": {MODEL: {"details": [EVENT, …]}}}}}}`, where KEY is
the client's key, or method and path where there was none. The counters are the provider's own, and which provider
that was is only known of an account that this installation has seen.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ingestd.decode import epoch_microseconds
from ingestd.imports.source import (
    NO_HEADERS,
    Edits,
    Imported,
    ImportProblem,
    Unusable,
    milliseconds,
)
from ingestd.normalize import normalize_counters
from ingestd.usage_event import Counters, UsageEvent
from shared.event_id import digest
from shared.normalization import Outcome

FILE_BYTES_MAX = 1024**3
"""CPA kept all of it in memory, and so must a reader of one JSON document; nobody's export is so large."""

Credentials = Mapping[str, tuple[str, str]]
"""Provider and kind of sign-in by `auth_index`."""

_METHODS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")
_UNKNOWN = ("unknown", "")


class _Thinking(msgspec.Struct, frozen=True):
    intensity: str = ""


class _Detail(msgspec.Struct, frozen=True):
    timestamp: str = ""
    latency_ms: int = 0
    source: str = ""
    auth_index: Any = ""  # a number in the earliest versions
    tokens: Counters = Counters()
    thinking: _Thinking | None = None
    failed: bool = False


class _Model(msgspec.Struct, frozen=True):
    details: list[_Detail] | None = None


class _Api(msgspec.Struct, frozen=True):
    models: dict[str, _Model] | None = None


class _Usage(msgspec.Struct, frozen=True):
    apis: dict[str, _Api] | None = None


class _Export(msgspec.Struct, frozen=True):
    usage: _Usage


class Document:
    """One export, read whole."""

    kind = "an export of CPA"

    def __init__(self, path: Path, credentials: Credentials) -> None:
        self._credentials = credentials
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise ImportProblem(f"{path} has {size / 1024**3:.1f} GiB; an export of CPA has at most 1")
        try:
            self._usage = msgspec.json.decode(path.read_bytes(), type=_Export).usage
        except msgspec.ValidationError as problem:
            raise ImportProblem(f"{path} is no export of CPA: {problem}") from problem
        except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
            raise ImportProblem(f"{path} is damaged, or not whole: {problem}") from problem
        self.total: int | None = sum(1 for _ in self._details())

    def close(self) -> None:
        """Nothing is open."""

    def edits(self) -> Edits:
        return Edits()

    def events(self) -> Iterator[Imported | Unusable]:
        for api, model, detail in self._details():
            yield self._event(api.strip(), model.strip(), detail)

    def _details(self) -> Iterator[tuple[str, str, _Detail]]:
        for api, models in (self._usage.apis or {}).items():
            for model, found in (models.models or {}).items():
                for detail in found.details or ():
                    yield api, model, detail

    def _event(self, api: str, model: str, detail: _Detail) -> Imported | Unusable:
        occurred_at = epoch_microseconds(detail.timestamp)
        if occurred_at is None:
            return Unusable.NO_TIME
        auth_index = str(detail.auth_index or "")
        provider, auth_type = self._credentials.get(auth_index, ("unknown", ""))
        tokens, outcome = normalize_counters(detail.tokens, "", provider)
        if outcome is Outcome.OVERFLOW:
            return Unusable.NUMBER_OUT_OF_RANGE
        endpoint = api if api.startswith(_METHODS) else ""
        identity = msgspec.json.encode(("cpa", occurred_at, api, model, auth_index, detail.failed, detail.tokens))
        model = model or "unknown"
        event = UsageEvent(
            occurred_at=occurred_at,
            tokens=detail.tokens,
            breakdown=None,
            accounting_version=0,
            failed=detail.failed,
            generate=True,
            status_code=0 if detail.failed else 200,
            fail_body="",
            latency_ms=milliseconds(detail.latency_ms),
            ttft_ms=0,
            provider=provider,
            executor_type="",
            model=model,
            alias=model,
            endpoint=endpoint,
            auth_type=auth_type,
            auth_index=auth_index,
            source=detail.source,
            api_key="" if endpoint or api in _UNKNOWN else api,
            request_id="",
            reasoning_effort=detail.thinking.intensity if detail.thinking else "",
            service_tier="",
            response_service_tier="",
            client_ip="",
            x_forwarded_for="",
            user_agent="",
            response_headers=NO_HEADERS,
        )
        return Imported(event, tokens, outcome, digest(identity))
