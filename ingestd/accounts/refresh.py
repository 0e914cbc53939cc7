"""Look-ups of many accounts, some at a time: threads ask, and whoever called writes what comes back.

The last good reading stays whatever happens: a look-up that fails leaves a trouble beside it.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Literal

import msgspec
import structlog

from ingestd.accounts import endpoints
from ingestd.accounts.api_call import ApiCall, LookupFailed, Subject, retry_at, subject
from ingestd.accounts.lookup import look_up
from ingestd.cpa.management import ManagementClient
from ingestd.quota.keep import keep, update_account
from ingestd.quota.rows import Answer
from ingestd.short_write import short_write
from shared.clock import HOUR, MINUTE, SECOND, Clock
from shared.quota_providers import QUOTA_PROVIDERS
from shared.version import next_revision

FRESH: Final = 15 * SECOND
"""A reading so young is what a further look-up would bring: two people who ask at once are one question."""

WATCHED: Final = 90 * SECOND
"""So long after a page said that it is looked at (queryd.resources.quota), quota is refreshed by itself."""

REFUSED_WAIT: Final = 4 * HOUR
"""Whoever has to sign in again, or to pay, is not asked by itself every few minutes."""

PASSIVE_FACTOR: Final = 6
"""An account whose answers tell its quota is looked up so much more rarely: for what headers do not say."""

_LOOK_SECONDS: Final = 0.25
_REFUSED: Final = ("unauthorized", "payment_required")

Outcome = Literal["done", "failed", "skipped"]

log = structlog.get_logger()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one account, for whoever asked."""

    credential: str
    outcome: Outcome
    code: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    credential_id: int
    subject: Subject


@dataclass(slots=True)
class Refresher:
    """Asks with up to `workers` connections to CPA. One thread calls its methods; `close` may be called from any."""

    client: Callable[[], ManagementClient]
    """Makes a connection of its own for a thread."""
    workers: int
    folder: Path
    """Where the table of endpoints may be overridden."""
    clock: Clock
    _idle: SimpleQueue[ManagementClient] = field(default_factory=SimpleQueue)
    _made: list[ManagementClient] = field(default_factory=list)
    _pool: ThreadPoolExecutor | None = None
    _closed: bool = False

    def run(
        self,
        connection: sqlite3.Connection,
        targets: Sequence[Target],
        progress: Callable[[int], None],
    ) -> Iterator[Item]:
        """Look all of them up, and keep what they say; gives each as it is done.

        `progress(done)` is called now and then and may raise, which ends it. Raises `endpoints.InvalidOverride`.
        """
        table = endpoints.load(self.folder)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="quota")
        waiting = list(reversed(targets))
        running: dict[Future[Answer | LookupFailed], tuple[Target, int]] = {}
        done = 0
        try:
            while waiting or running:
                begun = [waiting.pop() for _ in range(min(self.workers - len(running), len(waiting)))]
                if begun:
                    now = self.clock()
                    self._mark(connection, begun, now)
                    for target in begun:
                        running[self._pool.submit(self._ask, table, target.subject)] = target, now
                finished, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
                progress(done)
                for item in self._keep(connection, [(running.pop(each), each.result()) for each in finished]):
                    done += 1
                    yield item
        finally:
            for future in running:
                future.cancel()

    def close(self) -> None:
        """End the calls under way, and any later one at once."""
        self._closed = True
        for client in self._made:
            client.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, table: Mapping[str, endpoints.Endpoint], about: Subject) -> Answer | LookupFailed:
        """In a thread of the pool, with a connection that no other uses meanwhile."""
        client = self._connection()
        try:
            return look_up(ApiCall(client, table, about), about)
        except LookupFailed as failure:
            return failure
        except Exception:  # the edge of one account: a bug in reading one answer must not end the others
            log.exception("quota.lookup_failed", provider=about.provider)
            return LookupFailed("invalid_answer", "a mistake in ingestd; its log says more")
        finally:
            self._idle.put(client)

    def _connection(self) -> ManagementClient:
        if not self._idle.empty():
            return self._idle.get()
        client = self.client()
        self._made.append(client)
        if self._closed:
            client.close()
        return client

    def _mark(self, connection: sqlite3.Connection, begun: Sequence[Target], now: int) -> None:
        with short_write(connection):
            for target in begun:
                update_account(connection, target.credential_id, {"begun_at": now})
            next_revision(connection)

    def _keep(
        self,
        connection: sqlite3.Connection,
        finished: Sequence[tuple[tuple[Target, int], Answer | LookupFailed]],
    ) -> list[Item]:
        if not finished:
            return []
        items = []
        now = self.clock()
        with short_write(connection):
            for (target, _), said in finished:
                if isinstance(said, LookupFailed):
                    update_account(connection, target.credential_id, _told_failure(said, now))
                    items.append(_failed(target, said))
                else:
                    keep(connection, target.credential_id, said, "lookup", now)
                    update_account(connection, target.credential_id, {**_GOOD, "tried_at": now, "good_at": now})
                    items.append(Item(credential=str(target.credential_id), outcome="done"))
            next_revision(connection)
        return items


_GOOD: Final = {"trouble": "", "trouble_status": None, "trouble_detail": "", "retry_at": None}


def _told_failure(failure: LookupFailed, now: int) -> dict[str, object]:
    return {
        "tried_at": now,
        "trouble": failure.trouble,
        "trouble_status": failure.status,
        "trouble_detail": failure.detail,
        "retry_at": retry_at(failure, now),
    }


def _failed(target: Target, failure: LookupFailed) -> Item:
    status = f" (HTTP {failure.status})" if failure.status else ""
    detail = f": {failure.detail}" if failure.detail else ""
    return Item(
        credential=str(target.credential_id),
        outcome="failed",
        code=failure.trouble,
        message=f"{failure.trouble.replace('_', ' ').capitalize()}{status}{detail}",
    )


def chosen(
    connection: sqlite3.Connection,
    instance_id: int,
    files: Sequence[Mapping[str, Any]],
    asked: Collection[int] | None,
    now: int,
) -> tuple[list[Target], list[Item]]:
    """Whom to look up of `asked` (None: everybody that is enabled), and who is left out, and why."""
    listed = [(subject(entry), entry.get("disabled") is True) for entry in files]
    known = dict(
        connection.execute("select auth_index, id from credential where instance_id = ?", (instance_id,)).fetchall()
    )
    state = {
        row[0]: row[1:]
        for row in connection.execute("select credential_id, good_at, tried_at, trouble, retry_at from quota_account")
    }
    targets, left_out = [], []
    for about, disabled in listed:
        credential = known.get(about.auth_index)
        if credential is None or (disabled if asked is None else credential not in asked):
            continue
        if about.provider not in QUOTA_PROVIDERS:
            if asked is not None:
                left_out.append(_skipped(credential, "unsupported", "This provider has no endpoint for quota."))
            continue
        good_at, _, _, retry = state.get(credential, (None, None, "", None))
        if good_at is not None and 0 <= now - good_at < FRESH:
            left_out.append(Item(credential=str(credential), outcome="done", code="fresh", message="Read just now."))
        elif retry is not None and retry > now:
            seconds = -(-(retry - now) // SECOND)
            why = f"The provider wants to be asked in {seconds} s at the earliest."
            left_out.append(_skipped(credential, "rate_limited", why))
        else:
            targets.append(Target(credential, about))
    found = {target.credential_id for target in targets} | {int(item.credential) for item in left_out}
    left_out += [_skipped(each, "unknown", "CPA has no such account.") for each in asked or () if each not in found]
    return targets, left_out


def due(
    connection: sqlite3.Connection, instance_id: int, files: Sequence[Mapping[str, Any]], interval: int, now: int
) -> list[Target]:
    """Whom to look up by itself, those that were read longest ago first."""
    targets, _ = chosen(connection, instance_id, files, None, now)
    state = {
        row[0]: row[1:]
        for row in connection.execute("select credential_id, good_at, tried_at, trouble from quota_account")
    }
    passive = dict(
        connection.execute(
            "select credential_id, max(observed_at) from quota_window where source <> 'lookup' group by credential_id"
        ).fetchall()
    )
    found = []
    for target in targets:
        good_at, tried_at, trouble = state.get(target.credential_id, (None, None, ""))
        wait_for = interval
        if trouble in _REFUSED:
            wait_for = max(interval, REFUSED_WAIT)
        elif not trouble and now - passive.get(target.credential_id, 0) < max(interval, 10 * MINUTE):
            wait_for = interval * PASSIVE_FACTOR
        if tried_at is None or now - tried_at >= wait_for:
            found.append((good_at or 0, target))
    return [target for _, target in sorted(found, key=lambda pair: pair[0])]


def watched(connection: sqlite3.Connection, now: int) -> bool:
    """Whether a page with quota is looked at."""
    row = connection.execute("select number from edit_state where name = 'quota_watched_at'").fetchone()
    return row is not None and 0 <= now - row[0] < WATCHED


def _skipped(credential: int, code: str, why: str) -> Item:
    return Item(credential=str(credential), outcome="skipped", code=code, message=why)
