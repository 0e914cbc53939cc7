"""Times as CPA and providers write them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: object) -> int | None:
    """A time as CPA writes it, RFC 3339 or Unix seconds, in UTC epoch microseconds; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return round(value * 1_000_000) if 0 < value < 32_503_680_000 else None
    if not isinstance(value, str) or not value:
        return None
    if value.isascii() and value.isdigit() and len(value) <= 11:
        return int(value) * 1_000_000
    try:
        since = datetime.fromisoformat(value) - _EPOCH
    except (TypeError, ValueError, OverflowError):
        return None
    return since // timedelta(microseconds=1) if since > timedelta() else None  # Go writes year 1 for "never"
