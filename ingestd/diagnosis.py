"""From everything that is known to what is said: the true reason alone, with what to do about it.

Several parts notice one cause: a CPA that is away is away for the queue and for the management API. Here it is
decided which of it is told. Codes and parameters are for other languages; the messages are the same in English.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.monitor import Findings
from ingestd.queue import Status
from shared.clock import SECOND, Clock
from shared.heartbeat import Severity, Trouble

SLOW = 10 * SECOND
"""CPA answers a pop in milliseconds; whoever waits longer should know what for."""

STATISTICS_DISABLED = "CPA records no usage. Set usage-statistics-enabled: true in its config.yaml."
STATISTICS_UNKNOWN = (
    "Whether CPA records usage is not known: its management API at CPA_BASE_URL cannot be asked. What it says: "
)
INNOCENT = (
    "Calls that make no event look the same: count_tokens (Claude Code sends many at once), Codex streams that the"
    " client aborts, and Claude streams that end without usage."
)
DIVERTED = (
    "CPA has counted attempts for some minutes and none of their events came. Perhaps another collector subscribes"
    " to them: stop it, or set REDIS_QUEUE_MODE=subscribe or auto, which gets a copy of each. " + INNOCENT
)
SHARED = (
    "CPA counts clearly more attempts than events come. Perhaps another collector pops from the same queue, and each"
    " event goes to only one of the two: stop it, or set REDIS_QUEUE_MODE=subscribe in both. " + INNOCENT
)
RESP_UNAVAILABLE = (
    "Events come over HTTP, which costs CPA more. RESP does not get through at {address}: set REDIS_QUEUE_ADDR to"
    " CPA's own host and port, or REDIS_QUEUE_MODE=http to leave it at that. What was seen: "
)
STILL_COLLECTING = "Events still come over the connection that is open; when it ends they stop. "
SLOW_ANSWERS = "CPA takes more than 10 seconds to answer. Events come late; none is lost while it answers at all."

_RESP_REASONS = frozenset(
    {
        ErrorKind.PROTOCOL,
        ErrorKind.UNREACHABLE,
        ErrorKind.UNANSWERED,
        ErrorKind.INTERRUPTED,
        ErrorKind.TLS_MISMATCH,
        ErrorKind.CERTIFICATE,
        ErrorKind.MANAGEMENT_DISABLED,
        ErrorKind.BANNED,
    }
)
"""What keeps RESP away while HTTP works: a proxy, a wrong address, a ban of the one address that RESP sees."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known at one moment."""

    queue: Status
    findings: Findings
    storage: Trouble | None  # the file cannot be written
    waiting: int  # microseconds that the collector has been waiting for CPA
    mode: str  # REDIS_QUEUE_MODE
    queue_address: str
    cpa_version: str | None = None
    collected_at: int | None = None  # UTC epoch microseconds, as the next
    uncompared_since: int | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    code: str
    severity: Severity
    message: str
    parameters: dict[str, str | int] = field(default_factory=dict)


class Diagnosis:
    """Remembers since when each trouble lasts, and logs its beginning and its end, once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lasting: dict[str, Trouble] = {}

    def troubles(self, situation: Situation) -> tuple[Trouble, ...]:
        now = self._clock()
        lasting: dict[str, Trouble] = {}
        for said in _say(situation):
            known = self._lasting.get(said.code)
            lasting[said.code] = Trouble(
                code=said.code,
                message=said.message,
                since=now if known is None else known.since,
                severity=said.severity,
                parameters=said.parameters,
            )
        for code in lasting.keys() - self._lasting.keys():
            trouble = lasting[code]
            log.warning("trouble.began", code=code, severity=trouble.severity, message=trouble.message)
        for code in self._lasting.keys() - lasting.keys():
            log.info("trouble.ended", code=code, seconds=(now - self._lasting[code].since) // SECOND)
        self._lasting = lasting
        return tuple(lasting.values())


def _say(situation: Situation) -> Iterator[_Said]:
    storage, queue, findings = situation.storage, situation.queue, situation.findings
    if storage is not None:
        yield _Said(storage.code, storage.severity, storage.message, storage.parameters)
    if queue.error is not None:
        yield from _of_queue(queue.error, situation)
    working = queue.connected and storage is None
    if findings.statistics.enabled is False:
        yield _Said("statistics_disabled", "error", STATISTICS_DISABLED)
    elif findings.refused is not None and queue.connected:
        yield from _of_management(findings.refused, queue.error)
    if findings.competition == "diverted" and working:
        yield _Said("diverted", "warning", DIVERTED)
    elif findings.competition == "shared" and working:
        yield _Said("shared", "warning", SHARED)
    if situation.waiting >= SLOW and queue.connected:
        yield _Said("slow_answers", "warning", SLOW_ANSWERS)


def _of_queue(error: CpaError, situation: Situation) -> Iterator[_Said]:
    queue = situation.queue
    if not queue.connected:
        yield _Said(error.kind, "error", str(error), _parameters(error))
    elif queue.transport == "http" and situation.mode != "http" and error.kind in _RESP_REASONS:
        message = RESP_UNAVAILABLE.format(address=situation.queue_address) + str(error)
        parameters = {**_parameters(error), "address": situation.queue_address, "reason": str(error.kind)}
        yield _Said("resp_unavailable", "warning", message, parameters)
    elif error.kind in (ErrorKind.WRONG_KEY, ErrorKind.BANNED):
        yield _still_collecting(error)
    else:
        yield _Said(error.kind, "warning", str(error), _parameters(error))


def _of_management(error: CpaError, queue_error: CpaError | None) -> Iterator[_Said]:
    if queue_error is not None and queue_error.kind is error.kind:
        return  # said already
    if error.kind in (ErrorKind.WRONG_KEY, ErrorKind.BANNED):
        yield _still_collecting(error)
    else:
        parameters = {**_parameters(error), "reason": str(error.kind)}
        yield _Said("statistics_unknown", "warning", STATISTICS_UNKNOWN + str(error), parameters)


def _still_collecting(error: CpaError) -> _Said:
    return _Said(error.kind, "warning", STILL_COLLECTING + str(error), {**_parameters(error), "still_collecting": 1})


def _parameters(error: CpaError) -> dict[str, str | int]:
    parameters: dict[str, str | int] = {}
    if error.detail:
        parameters["detail"] = error.detail
    if error.until is not None:
        parameters["until"] = error.until
    return parameters
