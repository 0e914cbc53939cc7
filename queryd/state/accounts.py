"""What the file knows of each account: as CPA lists it, its windows, its look-ups, what was done to it."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from queryd.shapes.quota import LookupTrouble, Outlook, ReadingSource
from shared.quota_providers import QUOTA_PROVIDERS

REFRESH = "refresh_quota"

_ACCOUNTS = """
select c.id, coalesce(nullif(m.provider, ''), c.provider), c.auth_type, m.listed_in, coalesce(m.plan, ''),
       coalesce(m.disabled, 0), coalesce(m.unavailable, 0), m.next_retry_after,
       n.told_at, coalesce(n.quota_exceeded, 0), n.recovers_at, coalesce(n.unavailable, 0), n.next_retry_after,
       coalesce(m.name, ''), coalesce(m.prefix, ''), coalesce(m.base_url, ''), coalesce(m.key_mask, ''), m.priority,
       m.weight, coalesce(m.models, ''), coalesce(m.excluded_models, '')
from credential c
left join credential_metadata m on m.credential_id = c.id
left join credential_condition n on n.credential_id = c.id
where c.auth_index <> '' and m.deleted_at is null
"""
_WINDOWS = """
select credential_id, key, label, scope, model_group, models, length_seconds, used_percent, used, amount, remaining,
       unit, limit_reached, resets_at, boundary, observed_at, source, outlook, empty_at, confidence, percent_per_hour
from quota_window
"""
_LOOKUPS = """
select credential_id, plan, tier_name, credits_balance, credits_unit, credits_unlimited, reset_credits, begun_at,
       tried_at, good_at, trouble, trouble_status, trouble_detail, retry_at, reset_credits_expire_at
from quota_account
"""
_DISABLES = """
select credential_id, at, restore_at from credential_action where id in
  (select max(id) from credential_action where outcome = 'done' and action in ('disable', 'enable')
   group by credential_id) and action = 'disable'
"""
_REFRESHES = f"""
select c.id, c.arguments, r.started_at from command c left join command_run r on r.command_id = c.id
where c.kind = '{REFRESH}' and (r.state = 'running' or (r.state is null and c.cancelled_at is null))
order by r.state is null, c.id limit 1
"""


class AccountRow(NamedTuple):
    """Times in UTC epoch microseconds. `told_*`: what the errors channel said last. `models`: JSON, as it is kept."""

    id: int
    provider: str
    auth_type: str
    listed_in: str | None
    plan: str
    disabled: int
    unavailable: int
    next_retry_after: int | None
    told_at: int | None
    told_exceeded: int
    told_recovers_at: int | None
    told_unavailable: int
    told_retry_after: int | None
    name: str
    prefix: str
    base_url: str
    key_mask: str
    priority: int | None
    weight: int | None
    models: str
    excluded_models: str

    @property
    def is_key(self) -> bool:
        """A key of CPA's configuration, as against an account with a file."""
        return self.listed_in != "auth-files" if self.listed_in is not None else self.auth_type != "oauth"

    @property
    def can_be_asked(self) -> bool:
        return not self.is_key and self.provider in QUOTA_PROVIDERS


class WindowRow(NamedTuple):
    """A row of `quota_window`."""

    credential_id: int
    key: str
    label: str
    scope: str
    model_group: str
    models: str | None
    length_seconds: int | None
    used_percent: float | None
    used: float | None
    amount: float | None
    remaining: float | None
    unit: Literal["", "usd_cents", "requests", "credits"]
    limit_reached: int
    resets_at: int | None
    boundary: Literal["", "scheduled", "provisional"]
    observed_at: int
    source: ReadingSource
    outlook: Outlook
    empty_at: int | None
    confidence: Literal["", "high", "medium"]
    percent_per_hour: float | None


class LookupRow(NamedTuple):
    """A row of `quota_account`."""

    credential_id: int
    plan: str
    tier_name: str
    credits_balance: float | None
    credits_unit: str
    credits_unlimited: int
    reset_credits: int | None
    begun_at: int | None
    tried_at: int | None
    good_at: int | None
    trouble: LookupTrouble | Literal[""]
    trouble_status: int | None
    trouble_detail: str
    retry_at: int | None
    reset_credits_expire_at: int | None


class Disable(NamedTuple):
    credential_id: int
    at: int
    restore_at: int | None


class Refresh(NamedTuple):
    """A refresh that runs or waits. `credentials`: whom it is of."""

    command_id: int
    credentials: frozenset[int]
    started_at: int | None


class Known(NamedTuple):
    """All of it, of one state of the file."""

    accounts: Sequence[AccountRow]
    windows: dict[int, list[WindowRow]]
    lookups: dict[int, LookupRow]
    disables: dict[int, Disable]
    refresh: Refresh | None


def read(connection: sqlite3.Connection, credential_id: int | None = None) -> Known:
    """What there is of all accounts that CPA lists, or of one, listed or not."""
    values: tuple[Any, ...] = ()
    if credential_id is None:
        accounts = connection.execute(f"{_ACCOUNTS} order by c.id").fetchall()
        of_windows = of_lookups = ""
    else:
        listed = _ACCOUNTS.replace("c.auth_index <> '' and m.deleted_at is null", "c.id = ?")
        values = (credential_id,)
        accounts = connection.execute(listed, values).fetchall()
        of_windows = of_lookups = " where credential_id = ?"
    rows = [AccountRow(*row) for row in accounts]
    windows: dict[int, list[WindowRow]] = {}
    for row in connection.execute(f"{_WINDOWS}{of_windows} order by credential_id, position, key", values):
        windows.setdefault(row[0], []).append(WindowRow(*row))
    return Known(
        rows,
        windows,
        {row[0]: LookupRow(*row) for row in connection.execute(f"{_LOOKUPS}{of_lookups}", values)},
        {row[0]: Disable(*row) for row in connection.execute(_DISABLES)},
        _refresh(connection, rows),
    )


def model_names(connection: sqlite3.Connection) -> dict[int, str]:
    """Every model's name in lower case, by row id."""
    return {row_id: name.lower() for row_id, name in connection.execute("select id, name from model")}


def _refresh(connection: sqlite3.Connection, rows: Sequence[AccountRow]) -> Refresh | None:
    found = connection.execute(_REFRESHES).fetchone()
    if found is None:
        return None
    command_id, arguments, started_at = found
    asked = json.loads(arguments or "{}").get("credentials")
    able = {row.id for row in rows if row.can_be_asked and (asked is not None or not row.disabled)}
    if asked is not None:
        able &= {int(each) for each in asked}
    return Refresh(command_id, frozenset(able), started_at)
