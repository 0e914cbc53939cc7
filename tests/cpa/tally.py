"""What CPA counts per credential since it started: results, the last 200 minutes, and cooldowns (contract 2, 5.2)."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, rfc3339_nano

BUCKET_SECONDS = 600
BUCKETS = 20
_COOLDOWN_SECONDS = {401: 1800, 402: 1800, 403: 1800, 404: 12 * 3600}


@dataclass(slots=True)
class _Credential:
    success: int = 0
    failed: int = 0
    buckets: dict[int, list[int]] = field(default_factory=dict)
    retry_at: int = 0
    message: str = ""


class Tally:
    """Counters by auth index; times are nanoseconds since the epoch."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._credentials: dict[str, _Credential] = {}
        self._lock = threading.Lock()

    def count(self, attempt: Attempt) -> None:
        """Record a result. The refused attempt before a token refresh does not count (measured)."""
        if attempt.refreshes:
            return
        with self._lock:
            credential = self._credentials.setdefault(attempt.credential.auth_index, _Credential())
            failed = attempt.failure is not None
            credential.success += not failed
            credential.failed += failed
            bucket = attempt.completed // NANOSECONDS // BUCKET_SECONDS
            credential.buckets.setdefault(bucket, [0, 0])[failed] += 1
            for old in [key for key in credential.buckets if key <= bucket - BUCKETS]:
                del credential.buckets[old]
            if attempt.failure is None:
                credential.message, credential.retry_at = "", 0
                return
            credential.message = attempt.failure.body
            seconds = _COOLDOWN_SECONDS.get(attempt.failure.status, attempt.answer.retry_after)
            if seconds is not None:
                credential.retry_at = attempt.completed + seconds * NANOSECONDS

    def count_unreported(self, auth_index: str, succeeded: int, failed: int, now: int) -> None:
        """Record results that no event reports."""
        with self._lock:
            credential = self._credentials.setdefault(auth_index, _Credential())
            credential.success += succeeded
            credential.failed += failed
            bucket = credential.buckets.setdefault(now // NANOSECONDS // BUCKET_SECONDS, [0, 0])
            bucket[0] += succeeded
            bucket[1] += failed

    def reset(self) -> None:
        """Begin anew, as a restart of CPA does."""
        with self._lock:
            self._credentials.clear()

    def results(self, auth_index: str, now: int) -> dict[str, object]:
        """The counters as they stand in the documents."""
        with self._lock:
            credential = self._credentials.get(auth_index, _Credential())
            last = now // NANOSECONDS // BUCKET_SECONDS
            recent = [
                {"time": self._label(bucket), "success": counts[0], "failed": counts[1]}
                for bucket in range(last - BUCKETS + 1, last + 1)
                for counts in [credential.buckets.get(bucket, [0, 0])]
            ]
            return {"success": credential.success, "failed": credential.failed, "recent_requests": recent}

    def health(self, auth_index: str, now: int) -> dict[str, object]:
        """Status, message, availability, and while it cools down the end of that."""
        with self._lock:
            credential = self._credentials.get(auth_index, _Credential())
            cooling = credential.retry_at > now
            health: dict[str, object] = {
                "status": "error" if credential.message else "active",
                "status_message": credential.message,
                "unavailable": cooling,
            }
            return health | ({"next_retry_after": rfc3339_nano(credential.retry_at, self._zone)} if cooling else {})

    def _label(self, bucket: int) -> str:
        begins = datetime.fromtimestamp(bucket * BUCKET_SECONDS, UTC).astimezone(self._zone)
        return f"{begins:%H:%M}-{begins + timedelta(seconds=BUCKET_SECONDS):%H:%M}"
