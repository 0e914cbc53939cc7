"""The rows of `credential_metadata` and `api_key_listing`. A revision is spent only on what changed."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec

from ingestd.dimensions import Dimensions
from ingestd.metadata.listed import Listed, Signals
from ingestd.quota import headers
from ingestd.quota.keep import keep
from ingestd.short_write import short_write
from shared.client_keys import key_digest
from shared.clock import MINUTE

STEP_ROWS: Final = 200
"""Most rows in one transaction."""

KEYS_READ: Final = "client_keys_read_at"
"""In `meta`: when CPA's list of its clients' keys was first read. Before that nobody can say whether it lists a key."""

T = TypeVar("T")

_FACTS: Final = tuple(
    name for name in Listed.__struct_fields__ if name not in ("auth_index", "auth_type")
)  # the columns that an entry fills, by the same names


class MetadataStore:
    """Of one CPA instance. Client keys are kept as HMACs under the installation's secret, as events' are."""

    def __init__(self, secret: bytes, instance_id: int) -> None:
        self._secret = secret
        self._instance = instance_id
        self._observed: dict[str, int] = {}
        """By `auth_index`, the newest reading of quota that was kept."""

    def keep_credentials(
        self, connection: sqlite3.Connection, listed_in: str, listed: Sequence[Listed], now: int
    ) -> None:
        """Make the rows of one list what it says now; those it no longer has are marked as deleted."""
        known = {
            row[0]: row[1:]
            for row in connection.execute(
                f"select c.auth_index, m.deleted_at, m.listed_in, {', '.join(f'm.{name}' for name in _FACTS)}"
                " from credential c join credential_metadata m on m.credential_id = c.id where c.instance_id = ?",
                (self._instance,),
            )
        }
        changed = [one for one in listed if known.get(one.auth_index) != (None, listed_in, *_values(one))]
        present = {one.auth_index for one in listed}
        gone = [
            auth_index
            for auth_index, (deleted_at, where, *_) in known.items()
            if where == listed_in and deleted_at is None and auth_index not in present
        ]
        for some in _steps(changed):
            with short_write(connection):
                for one in some:
                    self._keep(connection, listed_in, one, now)
                _new_revision(connection)
        for some in _steps(gone):
            with short_write(connection):
                connection.executemany(
                    "update credential_metadata set deleted_at = ?, changed_at = ? where credential_id ="
                    " (select id from credential where instance_id = ? and auth_index = ?)",
                    [(now, now, self._instance, auth_index) for auth_index in some],
                )
                _new_revision(connection)

    def keep_client_keys(self, connection: sqlite3.Connection, keys: Sequence[str], now: int) -> None:
        """Make the listing what CPA's configuration says now. Removed keys stay, as removed."""
        digests = {self._digest(key): key for key in keys if key}
        known = dict(
            connection.execute(
                "select k.hmac, l.removed_at from api_key k join api_key_listing l on l.api_key_id = k.id"
                " where k.instance_id = ?",
                (self._instance,),
            ).fetchall()
        )
        added = [key for digest, key in digests.items() if known.get(digest, 0) is not None]
        gone = [digest for digest, removed_at in known.items() if removed_at is None and digest not in digests]
        for some in _steps(added):
            with short_write(connection):
                dimensions = Dimensions(connection, self._secret, self._instance)
                for key in some:
                    connection.execute(
                        "insert into api_key_listing (api_key_id, listed_at, removed_at) values (?, ?, null)"
                        " on conflict (api_key_id) do update set listed_at = excluded.listed_at, removed_at = null",
                        (dimensions.api_key(key, now), now),
                    )
                _new_revision(connection)
        for some in _steps(gone):
            with short_write(connection):
                connection.executemany(
                    "update api_key_listing set removed_at = ? where api_key_id ="
                    " (select id from api_key where instance_id = ? and hmac = ?)",
                    [(now, self._instance, digest) for digest in some],
                )
                _new_revision(connection)
        if connection.execute("select 1 from meta where key = ?", (KEYS_READ,)).fetchone() is None:
            with short_write(connection):
                connection.execute("insert or ignore into meta (key, number) values (?, ?)", (KEYS_READ, now))

    def keep_signals(self, connection: sqlite3.Connection, signals: Sequence[Signals], now: int) -> None:
        """Keep the readings of quota in auth files that are news."""
        fresh = [one for one in signals if self._observed.get(one.auth_index, 0) < one.observed_at <= now + MINUTE]
        for some in _steps(fresh):
            with short_write(connection):
                for one in some:
                    answer = headers.read(one.provider, one.headers)
                    row = connection.execute(
                        "select id from credential where instance_id = ? and auth_index = ?",
                        (self._instance, one.auth_index),
                    ).fetchone()
                    if row is not None and answer.rows:
                        keep(connection, row[0], answer, "signals", min(one.observed_at, now))
                _new_revision(connection)
            self._observed |= {one.auth_index: one.observed_at for one in some}

    def _keep(self, connection: sqlite3.Connection, listed_in: str, one: Listed, now: int) -> None:
        connection.execute(
            "insert into credential (instance_id, auth_index, provider, auth_type, account, first_seen_at)"
            " values (?, ?, ?, ?, ?, ?) on conflict (instance_id, auth_index) do update set provider ="
            " case when excluded.provider <> '' then excluded.provider else provider end",
            (self._instance, one.auth_index, one.provider, one.auth_type, one.email or one.key_mask, now),
        )
        (credential_id,) = connection.execute(
            "select id from credential where instance_id = ? and auth_index = ?", (self._instance, one.auth_index)
        ).fetchone()
        if not one.key_mask:
            # An earlier version kept the mask of the client's key where CPA knew no account.
            connection.execute(
                "update credential set account = ? where id = ? and account <> ''"
                " and account in (select mask from api_key where instance_id = ?)",
                (one.email, credential_id, self._instance),
            )
        connection.execute(
            f"insert into credential_metadata (credential_id, listed_in, {', '.join(_FACTS)}, seen_at, changed_at,"
            f" deleted_at) values (?, ?, {', '.join('?' * len(_FACTS))}, ?, ?, null)"
            " on conflict (credential_id) do update set listed_in = excluded.listed_in,"
            f" {', '.join(f'{name} = excluded.{name}' for name in _FACTS)},"
            " changed_at = excluded.changed_at, deleted_at = null",
            (credential_id, listed_in, *_values(one), now, now),
        )

    def _digest(self, key: str) -> bytes:
        return key_digest(self._secret, key)


def _values(one: Listed) -> tuple[Any, ...]:
    facts = msgspec.structs.asdict(one)
    return tuple(facts[name] for name in _FACTS)


def _steps(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), STEP_ROWS):
        yield rows[start : start + STEP_ROWS]


def _new_revision(connection: sqlite3.Connection) -> None:
    """What queryd shows has changed, as after new events."""
    connection.execute(
        "insert into meta (key, number) values ('revision', 1) on conflict (key) do update set number = number + 1"
    )
