"""Readings into the tables: the newest one wins, all of them are history. Whoever calls has a transaction open."""

import sqlite3
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from ingestd.quota.rows import Answer
from ingestd.quota.windows import Window, windows
from shared.clock import DAY, SECOND

Source = Literal["headers", "signals", "lookup"]

READINGS_KEPT: Final = 90 * DAY
"""History: three months of cycles, which say what a window is worth and what was left unused."""

TOLERANCE_MAX: Final = 120 * SECOND
"""Two resets that are closer than this, or a tenth of the window, are one: relative ones count from a moment that is
known to the length of a request, and providers round."""

_FIELDS: Final = Window.__struct_fields__[1:]  # all but the key
_SAME_PERCENT: Final = 0.005

_UPSERT = (
    f"insert into quota_window (credential_id, key, {', '.join(_FIELDS)}, observed_at, source, outlook, confidence)"
    f" values (?, ?, {', '.join('?' * len(_FIELDS))}, ?, ?, 'unknown', '')"
    " on conflict (credential_id, key) do update set"
    f" {', '.join(f'{name} = excluded.{name}' for name in (*_FIELDS, 'observed_at', 'source'))}"
)
_SEEN_AGAIN = (
    "update quota_window set observed_at = :now where credential_id = :credential and observed_at = :before"
    " and source = 'headers'"
)
_LONGER = """
update quota_reading set last_at = :now where credential_id = :credential and last_at = :before
  and (key, observed_at) in (
    select w.key, (select max(r.observed_at) from quota_reading r
                   where r.credential_id = :credential and r.key = w.key and r.observed_at <= :now)
    from quota_window w where w.credential_id = :credential)
"""
_NEW_CYCLE = (
    "update quota_window set outlook = 'unknown', empty_at = null, confidence = '', percent_per_hour = null,"
    " judged_at = null where credential_id = ? and key = ?"
)


def keep(connection: sqlite3.Connection, credential_id: int, answer: Answer, source: Source, observed_at: int) -> int:
    """Keep what `answer` says as of `observed_at` (UTC epoch microseconds); gives how many windows stand so now, or 0
    where younger ones stand.

    A look-up says everything there is: windows that it no longer has are no longer shown. Headers add to what is known.
    """
    known = {
        row[0]: row[1:]
        for row in connection.execute(
            "select key, observed_at, resets_at, boundary, length_seconds, position from quota_window"
            " where credential_id = ?",
            (credential_id,),
        )
    }
    found = windows(answer.rows, observed_at)
    for read in found:
        newest, resets_at, boundary, length, position = known.get(read.key, (None, None, "", None, None))
        same_cycle = length == read.length_seconds and same_reset(resets_at, read.resets_at, length)
        window = read
        if same_cycle and not (boundary == "provisional" and read.boundary == "scheduled"):
            window = msgspec.structs.replace(read, resets_at=resets_at, boundary=boundary)
        if window.used_percent is not None:
            _remember(connection, credential_id, window, source, observed_at)
        if newest is not None and newest > observed_at:
            continue
        values = {name: getattr(window, name) for name in _FIELDS}
        if source != "lookup" and position is not None:
            values["position"] = position
        connection.execute(_UPSERT, (credential_id, window.key, *values.values(), observed_at, source))
        if newest is not None and not same_cycle:
            connection.execute(_NEW_CYCLE, (credential_id, window.key))
    if source == "lookup":
        _forget(connection, credential_id, [window.key for window in found], observed_at)
    if any(newest > observed_at for newest, *_ in known.values()):
        return 0
    _keep_account(connection, credential_id, answer)
    return len(found)


class Again(NamedTuple):
    """Headers of `now` say of each window what those of `before` said, when so many were kept."""

    credential: int
    windows: int
    before: int
    now: int


def say_again(connection: sqlite3.Connection, repeated: Sequence[Again]) -> bool:
    """Move on what these say again.

    False where something else has been kept of one in between: then all have to be kept as any other answers.
    """
    values = [each._asdict() for each in repeated]
    windows = sum(each.windows for each in repeated)
    seen = connection.executemany(_SEEN_AGAIN, values).rowcount
    return seen == windows == connection.executemany(_LONGER, values).rowcount


def remember(
    connection: sqlite3.Connection, credential_id: int, answer: Answer, source: Source, observed_at: int
) -> None:
    """Keep as history alone what a younger answer at hand is about to replace."""
    for window in windows(answer.rows, observed_at):
        if window.used_percent is not None:
            _remember(connection, credential_id, window, source, observed_at)


def same_reset(one: int | None, other: int | None, length_seconds: int | None) -> bool:
    """Whether two resets of a window are one boundary."""
    if one is None or other is None:
        return one == other
    tolerance = TOLERANCE_MAX
    if length_seconds is not None:
        tolerance = min(tolerance, max(SECOND, length_seconds * SECOND // 10))
    return abs(one - other) <= tolerance


def _remember(
    connection: sqlite3.Connection, credential_id: int, window: Window, source: Source, observed_at: int
) -> None:
    """One more reading of history: longer, if it says what the one before it says."""
    before = connection.execute(
        "select observed_at, used_percent, resets_at, length_seconds from quota_reading"
        " where credential_id = ? and key = ? and observed_at <= ? order by observed_at desc limit 1",
        (credential_id, window.key, observed_at),
    ).fetchone()
    if (
        before is not None
        and window.used_percent is not None
        and abs(before[1] - window.used_percent) < _SAME_PERCENT
        and before[3] == window.length_seconds
        and same_reset(before[2], window.resets_at, window.length_seconds)
    ):
        connection.execute(
            "update quota_reading set last_at = max(last_at, ?) where credential_id = ? and key = ?"
            " and observed_at = ?",
            (observed_at, credential_id, window.key, before[0]),
        )
        return
    connection.execute(
        "insert or replace into quota_reading (credential_id, key, observed_at, last_at, used_percent,"
        " length_seconds, resets_at, boundary, source) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            credential_id,
            window.key,
            observed_at,
            observed_at,
            window.used_percent,
            window.length_seconds,
            window.resets_at,
            window.boundary,
            source,
        ),
    )


def _forget(connection: sqlite3.Connection, credential_id: int, keys: Sequence[str], observed_at: int) -> None:
    connection.execute(
        f"delete from quota_window where credential_id = ? and observed_at <= ?"
        f" and key not in ({', '.join('?' * len(keys))})",
        (credential_id, observed_at, *keys),
    )


def _keep_account(connection: sqlite3.Connection, credential_id: int, answer: Answer) -> None:
    """Plan and credits; what the answer does not say stays."""
    told: dict[str, object] = {
        name: value for name in ("plan", "tier_id", "tier_name") if (value := getattr(answer, name))
    }
    if answer.reset_credits is not None:
        told["reset_credits"] = answer.reset_credits
        told["reset_credits_expire_at"] = answer.reset_credits_expire_at
    if answer.credits is not None:
        told |= {
            "credits_balance": answer.credits.balance,
            "credits_unit": answer.credits.unit,
            "credits_unlimited": int(answer.credits.unlimited),
        }
    if not told:
        return
    names = ", ".join(told)
    known = connection.execute(
        f"select {names} from quota_account where credential_id = ?", (credential_id,)
    ).fetchone()
    if known != tuple(told.values()):  # hardly ever: plans change by the month
        update_account(connection, credential_id, told)


def update_account(connection: sqlite3.Connection, credential_id: int, values: dict[str, object]) -> None:
    """Set columns of the account's row, which is made if there is none."""
    connection.execute(
        "insert or ignore into quota_account (credential_id, plan, tier_id, tier_name, credits_unit,"
        " credits_unlimited, trouble, trouble_detail) values (?, '', '', '', '', 0, '', '')",
        (credential_id,),
    )
    connection.execute(
        f"update quota_account set {', '.join(f'{name} = ?' for name in values)} where credential_id = ?",
        (*values.values(), credential_id),
    )
