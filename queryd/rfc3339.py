"""Time on the wire: UTC epoch microseconds inside, RFC 3339 in the display zone outside."""

from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(at: int, zone: tzinfo) -> str:
    """`2026-11-18T00:00:00+08:00`; a fraction only where there is one. Years 1 to 9999."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).isoformat()


def optional(at: int | None, zone: tzinfo) -> str | None:
    """The same, for a time that may be unknown."""
    return None if at is None else text(at, zone)
