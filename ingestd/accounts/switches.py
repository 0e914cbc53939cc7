"""Disable, enable and restore accounts through CPA; each leaves a row that says who did it, and what came of it.

An account that was disabled until its reset is enabled then by itself, unless somebody else touched it meanwhile:
this program undoes what it did and nothing else.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from ingestd.accounts.refresh import Item
from ingestd.cpa.errors import CpaError
from ingestd.cpa.management import ManagementClient
from ingestd.short_write import short_write
from shared.version import next_revision

Action = Literal["disable", "enable", "restore"]
Cause = Literal["person", "reset"]

SECONDS: Final = 30.0

_NO_RESET: Final = "No reset of this account is known, so there is nothing to wait for."


class Switches:
    """One thread uses it. `commands`' ids stand in the rows, so that an action can be traced to who asked."""

    def __init__(self, management: ManagementClient, clock: Callable[[], int]) -> None:
        self._management = management
        self._clock = clock

    def switch(
        self,
        connection: sqlite3.Connection,
        credential: int,
        action: Action,
        cause: Cause,
        *,
        until_reset: bool = False,
    ) -> Item:
        """Do it to one account. Nothing is raised for what CPA refuses, or for an account that is not there."""
        row = connection.execute(
            "select c.auth_index, m.name, m.listed_in, m.deleted_at from credential c"
            " left join credential_metadata m on m.credential_id = c.id where c.id = ?",
            (credential,),
        ).fetchone()
        if row is None or row[2] is None or row[3] is not None:
            return self._note(connection, credential, action, cause, "failed", "unknown", "CPA has no such account.")
        auth_index, name, listed_in, _ = row
        if listed_in != "auth-files" and action != "restore":
            why = "It is a key of CPA's configuration: change it there."
            return self._note(connection, credential, action, cause, "failed", "unsupported", why)
        restore_at = next_reset(connection, credential, self._clock()) if until_reset else None
        if until_reset and restore_at is None:
            return self._note(connection, credential, action, cause, "failed", "no_reset", _NO_RESET)
        code, why = self._send(action, auth_index, name)
        if not code and action != "restore":
            self._show(connection, credential, disabled=action == "disable")
        outcome: Literal["done", "failed"] = "failed" if code else "done"
        return self._note(connection, credential, action, cause, outcome, code, why, restore_at)

    def restore_due(self, connection: sqlite3.Connection) -> list[Item]:
        """Enable what was disabled until a reset that has passed."""
        return [
            self._restore(connection, credential, disabled)
            for credential, disabled in connection.execute(
                "select a.credential_id, coalesce(m.disabled, 0) from credential_action a"
                " left join credential_metadata m on m.credential_id = a.credential_id"
                " where a.id in (select max(id) from credential_action where outcome <> 'failed'"
                " and action in ('disable', 'enable') group by credential_id)"
                " and a.action = 'disable' and a.restore_at <= ?",
                (self._clock(),),
            ).fetchall()
        ]

    def _restore(self, connection: sqlite3.Connection, credential: int, disabled: int) -> Item:
        if not disabled:
            why = "Somebody else had enabled it."
            return self._note(connection, credential, "enable", "reset", "skipped", "not_ours", why)
        return self.switch(connection, credential, "enable", "reset")

    def _send(self, action: Action, auth_index: str, name: str) -> tuple[str, str]:
        """Tell CPA; a code and a sentence where it says no."""
        payload: dict[str, Any]
        if action == "restore":
            method, path, payload = "POST", "reset-quota", {"auth_index": auth_index}
        else:
            method, path = "PATCH", "auth-files/status"
            payload = {"name": name, "auth_index": auth_index, "disabled": action == "disable"}
        try:
            status, answer = self._management.send(method, path, payload, seconds=SECONDS)
        except CpaError as error:
            return "cpa_refused", str(error)
        if status == 200:
            return "", ""
        if status == 404 and not answer:
            return "not_offered", "This CPA is too old for that."
        return "cpa_refused", f"CPA answered: {_error(answer) or f'HTTP {status}'}."

    def _show(self, connection: sqlite3.Connection, credential: int, *, disabled: bool) -> None:
        """What CPA will list next, at once."""
        with short_write(connection):
            connection.execute(
                "update credential_metadata set disabled = ?, status = ?, changed_at = ? where credential_id = ?",
                (int(disabled), "disabled" if disabled else "active", self._clock(), credential),
            )
            next_revision(connection)

    def _note(  # noqa: PLR0917 - the columns of a row
        self,
        connection: sqlite3.Connection,
        credential: int,
        action: Action,
        cause: Cause,
        outcome: Literal["done", "failed", "skipped"],
        code: str = "",
        why: str = "",
        restore_at: int | None = None,
    ) -> Item:
        with short_write(connection):
            connection.execute(
                "insert into credential_action (credential_id, at, action, cause, outcome, message, restore_at)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (credential, self._clock(), action, cause, outcome, why, restore_at),
            )
            next_revision(connection)
        return Item(credential=str(credential), outcome=outcome, code=code or None, message=why)


def next_reset(connection: sqlite3.Connection, credential: int, now: int) -> int | None:
    """When the account has room again: the last reset of what is used up, else the first reset there is."""
    rows: Sequence[Any] = connection.execute(
        "select resets_at, limit_reached from quota_window where credential_id = ? and resets_at > ?"
        " and scope not in ('credits', 'extra_usage', 'product') order by resets_at",
        (credential, now),
    ).fetchall()
    used_up = [resets_at for resets_at, reached in rows if reached]
    return max(used_up) if used_up else next((resets_at for resets_at, _ in rows), None)


def _error(answer: Any) -> str:
    found = answer.get("error") if isinstance(answer, dict) else None
    return found[:200] if isinstance(found, str) else ""
