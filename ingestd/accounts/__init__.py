"""What is done with accounts through CPA: asking providers what is left, switching accounts, hearing of failures.

endpoints ─▶ api_call ─▶ lookup      one account's answer, or why there is none (contract A1, A6 to A12)
lookup ─▶ refresh                    many of them, some at a time, into the tables
failures                             what CPA's errors channel tells, with its history
switches                             disable, enable, restore, each with a row that says who and why
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ingestd.accounts import failures
from ingestd.accounts.refresh import Item, Refresher, chosen, due
from ingestd.accounts.switches import Switches
from ingestd.cpa.management import ManagementClient
from shared.clock import MINUTE, Clock


class Accounts:
    """The worker's. `close` may be called from any thread."""

    def __init__(self, management: ManagementClient, refresher: Refresher, instance_id: int, clock: Clock) -> None:
        self._management = management
        self._refresher = refresher
        self._instance = instance_id
        self._clock = clock
        self._files: Sequence[Mapping[str, Any]] = ()
        self._files_at: int | None = None
        self.switches = Switches(management, clock)

    def refresh(
        self, connection: sqlite3.Connection, asked: Collection[int] | None, progress: Callable[[int, int], None]
    ) -> list[Item]:
        """Look up `asked`, or everybody that is enabled. `progress(done, total)` may raise, which ends it.

        Raises `CpaError` when CPA does not list its accounts, and `endpoints.InvalidOverride`.
        """
        now = self._clock()
        targets, items = chosen(connection, self._instance, self._listed(now), asked, now)
        total = len(targets)
        items += self._refresher.run(connection, targets, lambda done: progress(done, total))
        return items

    def refresh_due(self, connection: sqlite3.Connection, interval: int) -> tuple[int, int]:
        """Look up some of those that are due by themselves; how many were, and how many are left. Raises as above."""
        now = self._clock()
        known = self._files_at is not None and 0 <= now - self._files_at < MINUTE
        targets = due(connection, self._instance, self._files if known else self._listed(now), interval, now)
        some = targets[: self._refresher.workers]
        items = list(self._refresher.run(connection, some, lambda _: None))
        return len(items), len(targets) - len(some)

    def keep_failures(self, connection: sqlite3.Connection, messages: Sequence[bytes], now: int) -> int:
        """Keep what the errors channel told; gives of how many failures the account is known."""
        return failures.keep(connection, self._instance, messages, now)

    def close(self) -> None:
        """End the calls under way, those of other users of the management client as well, and any later one."""
        self._management.close()
        self._refresher.close()

    def _listed(self, now: int) -> Sequence[Mapping[str, Any]]:
        self._files, self._files_at = self._management.auth_files(), now
        return self._files
