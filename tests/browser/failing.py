"""What fails while a test looks on: an account that is rate limited since a while, another that must sign in again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.browser.traffic import plain
from tests.cpa.traffic.attempt import Attempt, Failure

LIMITED = Failure(
    429, '{"error":{"type":"rate_limit_error","message":"You have used what your account may use for now."}}'
)
BUSY = Failure(
    429, '{"error":{"type":"rate_limit_error","message":"Too many requests at once, try again in %d seconds."}}'
)
REFUSED = Failure(401, '{"error":{"message":"Your token (req_%04d) was revoked. Sign in again."}}')

SINCE = timedelta(minutes=26)
"""How long before `now` it began."""


def failing(attempts: Sequence[Attempt], now: datetime) -> Iterator[Attempt]:
    """Every two minutes the account that was used most is limited (every fourth time with other words), and another
    serves the request; the last two times
    none does. In between it serves. The account of another provider refuses three times in the last minutes.
    """
    served = [one for one in attempts if plain(one) and one.failure is None]
    by_account: dict[str, list[Attempt]] = {}
    for one in served:
        by_account.setdefault(one.credential.auth_index, []).append(one)
    most = sorted(by_account.values(), key=len, reverse=True)
    limited = most[0][-1]
    same = [some[-1] for some in most[1:] if some[-1].credential.provider == limited.credential.provider]
    other = same[0]
    refused = next(some[-1] for some in most if some[-1].credential.provider != limited.credential.provider)
    begin = now - SINCE
    for number in range(12):
        at = begin + timedelta(minutes=2 * number)
        request_id = f"fa11{number:04x}"
        limit = LIMITED if number % 4 else Failure(BUSY.status, BUSY.body % (20 + number))
        yield _at(replace(limited, failure=limit, request_id=request_id, latency_ms=400, ttft_ms=300), at)
        if number < 10:
            yield _at(replace(limited, credential=other.credential, request_id=request_id), at + timedelta(seconds=1))
        yield _at(replace(limited, request_id=f"5e4d{number:04x}"), at + timedelta(seconds=30))
    for number in range(3):
        body = REFUSED.body % number
        at = now - timedelta(minutes=6 - number)
        failure = Failure(REFUSED.status, body)
        yield _at(replace(refused, failure=failure, request_id=f"4e40{number:04x}", latency_ms=200, ttft_ms=150), at)


def _at(attempt: Attempt, moment: datetime) -> Attempt:
    """Ended at this moment."""
    ended = int(moment.astimezone(UTC).timestamp() * 1000) * 1_000_000
    return replace(attempt, started=ended - attempt.latency_ms * 1_000_000)
