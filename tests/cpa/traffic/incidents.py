"""Trouble that lasts: a spent quota, a provider's bad half hour. The same days ago in every run."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from random import Random

from tests.cpa import accounts
from tests.cpa.accounts import Credential
from tests.cpa.traffic.attempt import NANOSECONDS
from tests.cpa.traffic.failures import BAD_GATEWAY, OVERLOADED, PAYMENT, RATE_LIMITED, FailureClass


@dataclass(frozen=True, slots=True)
class Incident:
    """Attempts on the credentials fail with the chance while it lasts; `start` is a local time, in hours."""

    days_ago: int
    start: float
    hours: float
    credentials: tuple[Credential, ...]
    failure: FailureClass
    chance: float


INCIDENTS = (
    Incident(1, 13.6, 3.7, (accounts.CLAUDE_TEAM,), RATE_LIMITED, 1.0),
    Incident(3, 10.2, 0.4, (accounts.CODEX_TEAM, accounts.CODEX_LEO), BAD_GATEWAY, 0.7),
    Incident(6, 19.0, 15.0, (accounts.OPENROUTER_TWO,), PAYMENT, 1.0),
    Incident(12, 15.5, 0.7, (accounts.CLAUDE_TEAM, accounts.CLAUDE_MINA, accounts.CLAUDE_KEY), OVERLOADED, 0.55),
    Incident(19, 16.0, 2.5, (accounts.GEMINI_ONE,), RATE_LIMITED, 0.9),
)


@dataclass(frozen=True, slots=True)
class _Span:
    begins: int
    ends: int
    incident: Incident


class Troubles:
    """The incidents placed in time, counted back from `today`."""

    def __init__(self, today: date, zone: tzinfo) -> None:
        self._spans: dict[str, list[_Span]] = {}
        for incident in INCIDENTS:
            midnight = datetime.combine(today - timedelta(days=incident.days_ago), time(), zone)
            begins = int((midnight.timestamp() + incident.start * 3600) * NANOSECONDS)
            span = _Span(begins, begins + int(incident.hours * 3600 * NANOSECONDS), incident)
            for credential in incident.credentials:
                self._spans.setdefault(credential.auth_index, []).append(span)

    def failure(self, credential: Credential, at: int, rng: Random) -> FailureClass | None:
        """What an incident makes of an attempt on the credential at a time, in nanoseconds."""
        for span in self._spans.get(credential.auth_index, ()):
            if span.begins <= at < span.ends and rng.random() < span.incident.chance:
                return span.incident.failure
        return None
