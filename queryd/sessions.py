"""Sessions: opened with the password or one of CPA's keys, named by a token in a cookie, kept as hashes in a table.

They survive a restart. Another LOGIN_PASSWORD ends them all: each remembers, as a salted and slow hash, which one was
in force. One that a key opened sees that key only, and ends when CPA no longer lists it. When one was last seen is
written at most once in SEEN_EVERY, and never waited for.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

from queryd.callers import Caller
from queryd.connections import Connections
from queryd.errors import Refusal
from queryd.login_limit import LoginLimit
from queryd.writer import Writer
from shared.client_keys import key_digest
from shared.clock import MINUTE
from shared.redaction import redact
from shared.schema.sessions import Session as Row

Role = Literal["admin", "api_key"]

COOKIE = "keeper_session"
"""Its name, and the port after it: cookies do not tell ports apart, and two keepers may share a host."""

TOKEN_BYTES = 32
TOKENS_MAX = 4
"""Cookies of our name that are looked at: another keeper's, above or below on this host, may be among them."""

SESSIONS_MAX = 1_000
"""Sessions that are kept; the one that was seen longest ago goes for a new one."""

SEEN_EVERY = 5 * MINUTE
USER_AGENT_MAX = 200

_SALT = b"cpa-usage-keeper session"


@dataclass(frozen=True, slots=True)
class Session:
    """A login. Times are UTC epoch microseconds.

    `only_key`, `key_name`: the row of the key that it is locked to, and what that is called; None of the admin's.
    """

    id: int
    role: Role
    only_key: int | None
    key_name: str | None
    created_at: int
    last_seen_at: int
    expires_at: int
    address: str
    user_agent: str


class Sessions:
    """All of them. `required` false: nobody has to sign in, and everybody is the admin."""

    def __init__(
        self, connections: Connections, writer: Writer, *, password: str, ttl: int, required: bool, cookie: str
    ) -> None:
        self._connections, self._writer = connections, writer
        self._password = password
        self.ttl, self.required, self.cookie = ttl, required, cookie
        self.limit = LoginLimit()
        self.sent_in_clear_at: int | None = None
        """When a password last came over plain http from another machine, UTC epoch microseconds."""

    def is_password(self, text: str) -> bool:
        """Compared as digests, in a time that says nothing of either."""
        return hmac.compare_digest(_digest(text), _digest(self._password))

    def find_key(self, text: str) -> int | None:
        """The row of the key that `text` is, if CPA lists it now: by its digest, since no key is kept."""
        with self._connections.lease() as lease:
            secret = lease.connection.execute("select secret from meta where key = 'install_secret'").fetchone()
            if secret is None or not text:
                return None
            row = lease.connection.execute(_LISTED_KEY, (key_digest(bytes(secret[0]), text),)).fetchone()
        return None if row is None else int(row[0])

    def keys_known(self) -> bool:
        """Whether CPA's keys have ever been read. Until then a key that is not found may well be one of them."""
        with self._connections.lease() as lease:
            return bool(lease.connection.execute(_KEYS_READ).fetchone()[0])

    def open(self, now: int, caller: Caller, user_agent: str, only_key: int | None = None) -> str:
        """The token of a new session: the admin's, or one that is locked to a key.

        Ended ones, and those of another password, go in the same transaction.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._writer.transaction() as database:
            database.opened.execute(f"delete from session where not ({_IN_FORCE})", (self._mark, now))
            kept = Row.select(Row.id).order_by(Row.last_seen_at.desc(), Row.id.desc()).limit(SESSIONS_MAX - 1)
            Row.delete().where(Row.id.not_in(kept)).execute(database)
            Row.insert(
                token_hash=_digest(token),
                role="admin" if only_key is None else "api_key",
                subject_id=only_key,
                password_mark=self._mark,
                created_at=now,
                last_seen_at=now,
                expires_at=now + self.ttl,
                address=caller.address,
                user_agent=described(user_agent),
            ).execute(database)
        return token

    def find(self, tokens: Iterable[str], now: int) -> Session | None:
        """The session that one of these tokens names. Raises what a lease raises."""
        for token in tokens:
            with self._connections.lease() as lease:
                row = lease.connection.execute(
                    f"{_SELECT} and token_hash = ?", (self._mark, now, _digest(token))
                ).fetchone()
            if row is not None:
                return _session(row)
        return None

    def seen(self, session: Session, now: int, address: str) -> None:
        """Write that it is in use, unless that was written lately, or another edit is under way."""
        if now - session.last_seen_at < SEEN_EVERY:
            return
        with suppress(Refusal), self._writer.transaction(patient=False) as database:
            Row.update(last_seen_at=now, address=address).where(Row.id == session.id).execute(database)
            Row.delete().where(Row.expires_at <= now).execute(database)

    def all(self, now: int) -> list[Session]:
        """Those that are still good, the newest use first."""
        with self._connections.lease() as lease:
            rows = lease.connection.execute(f"{_SELECT} order by last_seen_at desc, id desc", (self._mark, now))
            return [_session(row) for row in rows]

    def end(self, session_id: int) -> bool:
        """Whether there was such a one."""
        with self._writer.transaction() as database:
            return bool(Row.delete().where(Row.id == session_id).execute(database))

    def end_others(self, session_id: int) -> None:
        """All but this one."""
        with self._writer.transaction() as database:
            Row.delete().where(Row.id != session_id).execute(database)

    @cached_property
    def _mark(self) -> bytes:
        return hashlib.scrypt(self._password.encode(), salt=_SALT, n=2**13, r=8, p=1, dklen=16)


_LISTED = """
exists (select 1 from api_key_listing listing where listing.api_key_id = session.subject_id
        and listing.removed_at is null and listing.listed_at <= session.created_at)
"""
"""A key that CPA took away and lists again opens new sessions, and none of before."""

_IN_FORCE = f"password_mark = ? and expires_at > ? and (role = 'admin' or {_LISTED})"

_SELECT = f"""
select id, role, case role when 'api_key' then subject_id end,
       (select coalesce(label.label, api_key.mask) from api_key
        left join label on label.kind = 'api_key' and label.subject_id = api_key.id
        where api_key.id = session.subject_id),
       created_at, last_seen_at, expires_at, address, user_agent
from session where {_IN_FORCE}
"""

_LISTED_KEY = """
select id from api_key join api_key_listing listing on listing.api_key_id = api_key.id
where hmac = ? and listing.removed_at is null
"""

_KEYS_READ = """
select exists (select 1 from meta where key = 'client_keys_read_at') or exists (select 1 from api_key_listing)
"""
"""The second, since files of earlier versions have no such mark."""


def described(user_agent: str) -> str:
    """What a browser calls itself, without anything that looks like a secret."""
    printable = "".join(character for character in user_agent if character.isprintable())
    return redact(printable)[:USER_AGENT_MAX]


def _session(row: sqlite3.Row) -> Session:
    number, role, *rest = row
    return Session(number, cast(Role, role), *rest)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
