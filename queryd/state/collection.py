"""The gaps in collecting, as ingestd's loss meter found them."""

import sqlite3
from zoneinfo import ZoneInfo

from queryd.aggregate.snapshot import Snapshot
from queryd.params.calendar import rfc3339
from queryd.params.ranges import Span
from queryd.shapes import AccountedGap, CollectionStatus, Gap, GapCredential, Pausing
from queryd.state.collector import Beat, Life
from shared.clock import DAY, SECOND

DAYS = 30
GAPS_MAX = 100
PAUSE = 10 * SECOND
"""Longer than collecting ever takes a breath while all is well."""

_GAPS = """
select id, started_at, ended_at, reason, lost, nullif(unknown_because, '') from collection_gap
where ended_at > ? and started_at < ? order by started_at desc limit ?
"""
_CREDENTIALS = """
select c.id, g.lost from collection_gap_credential g join credential c on c.auth_index = g.auth_index
where g.gap_id = ? order by g.lost desc
"""


def gaps(connection: sqlite3.Connection, span: Span, zone: ZoneInfo) -> list[Gap]:
    """Those that a span of time touches, newest first."""
    return [
        Gap(from_=rfc3339(start, zone), to=rfc3339(end, zone), reason=reason, lost=lost, unknown_because=because)
        for _, start, end, reason, lost, because in connection.execute(_GAPS, (span.start, span.end, GAPS_MAX))
    ]


def collection(snapshot: Snapshot, beat: Beat | None, life: Life, zone: ZoneInfo, now: int) -> CollectionStatus:
    """What the last DAYS were like; `beat` and `life`: of ingestd, looked at a moment ago."""
    connection, labels = snapshot.connection, snapshot.labels
    begins = now - DAYS * DAY
    found = connection.execute(_GAPS, (begins, now, GAPS_MAX)).fetchall()
    (lost,) = connection.execute(
        "select coalesce(sum(lost), 0) from collection_gap where ended_at > ? and started_at < ?", (begins, now)
    ).fetchone()
    moments = dict(
        connection.execute("select key, number from meta where key in ('loss_since', 'loss_compared_at')").fetchall()
    )
    return CollectionStatus(
        days=DAYS,
        since=_when(moments.get("loss_since"), zone),
        compared_at=_when(moments.get("loss_compared_at"), zone),
        lost=lost,
        gaps=[
            AccountedGap(
                from_=rfc3339(start, zone),
                to=rfc3339(end, zone),
                reason=reason,
                lost=missing,
                unknown_because=because,
                credentials=[
                    GapCredential(credential=labels.entity("credential", credential_id), lost=part)
                    for credential_id, part in connection.execute(_CREDENTIALS, (gap_id,))
                ],
            )
            for gap_id, start, end, reason, missing, because in found
        ],
        pausing=_pausing(beat, life, zone),
    )


def _pausing(beat: Beat | None, life: Life, zone: ZoneInfo) -> Pausing | None:
    if beat is None:
        return None
    last = beat.at if beat.detail is None else beat.detail.collected_at or beat.at
    if life == "dead":
        return Pausing(since=rfc3339(last, zone), reason="not_running")
    if life != "running":
        return Pausing(since=rfc3339(last, zone), reason="collector_silent" if life == "silent" else "storage_locked")
    if beat.detail is None or beat.at - last < PAUSE:
        return None
    trouble = beat.detail.storage_trouble or beat.detail.queue.trouble
    return Pausing(since=rfc3339(last, zone), reason="unanswered" if trouble is None else trouble.code)


def _when(at: int | None, zone: ZoneInfo) -> str | None:
    return None if at is None else rfc3339(at, zone)
