"""Names become small integers. What an event shares with others (its model, key, account …) is stored once.

A lookup that was made inside a transaction is forgotten when that transaction is rolled back.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Hashable
from typing import TypeVar

from ingestd.decode import account_label
from ingestd.usage_event import UsageEvent
from shared.client_keys import key_digest
from shared.redaction import GONE, mask, redact

CACHE_ROWS = 20_000
"""Most names of one kind kept in memory; clients choose some of them (User-Agent, alias), so there is a bound."""

NAME_CHARACTERS = 200
"""Longer names are cut: they come from clients."""

LOOKED_AT_CHARACTERS = 1_000
"""Of what a client says of itself, so much is gone through for secrets; less is kept."""

NO_KEY = "no key"
"""In place of a mask, where a request came without a client's key."""

TAG_DIGITS = 6
"""Hex digits of a key's HMAC that tell equal masks apart; the installation's secret keeps them from telling more."""

EXPORTED = "exported-"
"""How the `auth_index` of an account begins that is only known by its name, from an export."""

Key = TypeVar("Key", bound=Hashable)

_PRODUCT = re.compile(r"([A-Za-z0-9][\w.+ -]{0,60}?)/v?(\d+(?:\.\d+)?)")
_BROWSER_PRODUCTS = {"Mozilla", "AppleWebKit", "Gecko", "Chrome", "Safari", "Electron", "Version", "Mobile"}


class Dimensions:
    """The dimension tables of one writing connection and one CPA instance."""

    def __init__(self, connection: sqlite3.Connection, secret: bytes, instance_id: int) -> None:
        self._connection = connection
        self._secret = secret
        self._instance = instance_id
        self._models: dict[str, int] = {}
        self._routes: dict[tuple[str, ...], int] = {}
        self._api_keys: dict[str, int] = {}
        self._credentials: dict[str, int] = {}
        self._clients: dict[str, int] = {}
        self._client_names: dict[str, str] = {}
        self._origins: dict[tuple[str, str, str], int] = {}

    def forget(self) -> None:
        """Drop what was looked up: called when the transaction that may have inserted it is rolled back."""
        for known in (self._models, self._routes, self._api_keys, self._credentials, self._clients, self._origins):
            known.clear()

    def model(self, name: str, now: int) -> int:
        found = self._models.get(name)
        if found is None:
            found = self._put(self._models, name, lambda: self._named("model", _shortened(name), now))
        return found

    def route(self, event: UsageEvent, now: int) -> int:
        key = (
            event.provider,
            event.executor_type,
            event.auth_type,
            event.endpoint,
            event.reasoning_effort,
            event.service_tier,
            event.response_service_tier,
        )
        found = self._routes.get(key)
        if found is None:
            cut = tuple(_shortened(part) for part in key)
            found = self._put(
                self._routes,
                key,
                lambda: self._id(
                    "select id from route where provider = ? and executor_type = ? and auth_type = ? and endpoint = ?"
                    " and reasoning_effort = ? and service_tier = ? and response_service_tier = ?",
                    cut,
                    "insert into route (provider, executor_type, auth_type, endpoint, reasoning_effort, service_tier,"
                    " response_service_tier, first_seen_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (*cut, now),
                ),
            )
        return found

    def api_key(self, key: str, now: int) -> int:
        """By HMAC: the key itself stays out of the file."""
        found = self._api_keys.get(key)
        if found is None:
            found = self._put(self._api_keys, key, lambda: self._api_key(key, now))
        return found

    def _api_key(self, key: str, now: int) -> int:
        digest = key_digest(self._secret, key) if key else b""
        select = "select id from api_key where instance_id = ? and hmac = ?"
        known = self._connection.execute(select, (self._instance, digest)).fetchone()
        if known:
            return int(known[0])
        return self._id(
            select,
            (self._instance, digest),
            "insert into api_key (instance_id, hmac, mask, first_seen_at) values (?, ?, ?, ?)",
            (self._instance, digest, self._mask(key, digest), now),
        )

    def _mask(self, key: str, digest: bytes) -> str:
        """The mask of a new key, unlike that of any other key: CPA's keys are free text, and often end alike."""
        if not key:
            return NO_KEY
        shown = mask(key)
        digits = TAG_DIGITS if shown == GONE else 0
        while True:
            tagged = f"{shown}#{digest.hex()[:digits]}" if digits else shown
            taken = self._connection.execute(
                "select 1 from api_key where instance_id = ? and mask = ?", (self._instance, tagged)
            ).fetchone()
            if not taken or digits > len(digest):
                return tagged
            digits += TAG_DIGITS

    def credential(self, event: UsageEvent, now: int) -> int:
        found = self._credentials.get(event.auth_index)
        if found is None:
            found = self._put(self._credentials, event.auth_index, lambda: self._credential(event, now))
        return found

    def client(self, user_agent: str, now: int) -> int:
        name = self._client_names.get(user_agent)
        if name is None:
            if len(self._client_names) >= CACHE_ROWS:
                self._client_names.clear()
            name = self._client_names[user_agent] = client_name(redact(user_agent[:LOOKED_AT_CHARACTERS]))
        found = self._clients.get(name)
        if found is None:
            found = self._put(self._clients, name, lambda: self._named("client", name, now))
        return found

    def origin(self, event: UsageEvent, now: int) -> int:
        key = (event.client_ip, event.x_forwarded_for, event.user_agent)
        found = self._origins.get(key)
        if found is None:
            cut = tuple(_cut(redact(part[:LOOKED_AT_CHARACTERS])) for part in key)
            found = self._put(
                self._origins,
                key,
                lambda: self._id(
                    "select id from origin where client_ip = ? and x_forwarded_for = ? and user_agent = ?",
                    cut,
                    "insert into origin (client_ip, x_forwarded_for, user_agent, first_seen_at) values (?, ?, ?, ?)",
                    (*cut, now),
                ),
            )
        return found

    def _credential(self, event: UsageEvent, now: int) -> int:
        auth_index = _cut(event.auth_index)
        return self._id(
            "select id from credential where instance_id = ? and auth_index = ?",
            (self._instance, auth_index),
            "insert into credential (instance_id, auth_index, provider, auth_type, account, first_seen_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                self._instance,
                auth_index,
                _cut(event.provider),
                _cut(event.auth_type),
                _cut(account_label(event)) if auth_index else "",
                now,
            ),
        )

    def api_key_called(self, name: str, now: int) -> int:
        """The key of that mask or label, or a row of that mask: an export tells no more of it."""
        if not name or name == NO_KEY:
            return self.api_key("", now)
        known = self._connection.execute(
            "select id from api_key k left join label l on l.kind = 'api_key' and l.subject_id = k.id"
            " where instance_id = ? and (mask = ? or label = ?) order by label is null, id limit 1",
            (self._instance, name, name),
        ).fetchone()
        if known:
            return int(known[0])
        # Made as no key's is: whoever knows a mask must not be able to come with a key that leads here.
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=32).digest()
        return self._id(
            "select id from api_key where instance_id = ? and hmac = ?",
            (self._instance, digest),
            "insert into api_key (instance_id, hmac, mask, first_seen_at) values (?, ?, ?, ?)",
            (self._instance, digest, _cut(redact(name)), now),
        )

    def credential_called(self, name: str, provider: str, now: int) -> int:
        """The account of that name and provider, or a row of that name: an export tells no more of it."""
        known = self._connection.execute(
            "select credential_id from credential_name where instance_id = ? and display_name = ?"
            " order by provider <> ?, credential_id limit 1",
            (self._instance, name, provider),
        ).fetchone()
        if known:
            return int(known[0])
        digest = hashlib.blake2b(f"{provider}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        auth_index = f"{EXPORTED}{digest}" if name else ""
        return self._id(
            "select id from credential where instance_id = ? and auth_index = ?",
            (self._instance, auth_index),
            "insert into credential (instance_id, auth_index, provider, auth_type, account, first_seen_at)"
            " values (?, ?, ?, '', ?, ?)",
            (self._instance, auth_index, _cut(provider), _cut(redact(name)), now),
        )

    def _named(self, table: str, name: str, now: int) -> int:
        return self._id(
            f"select id from {table} where name = ?",
            (name,),
            f"insert into {table} (name, first_seen_at) values (?, ?)",
            (name, now),
        )

    def _id(self, select: str, key: tuple[object, ...], insert: str, row: tuple[object, ...]) -> int:
        known = self._connection.execute(select, key).fetchone()
        if known:
            return int(known[0])
        created = self._connection.execute(insert, row).lastrowid
        if created is None:
            raise sqlite3.IntegrityError("the dimension row has no id")
        return created

    @staticmethod
    def _put(known: dict[Key, int], key: Key, look_up: Callable[[], int]) -> int:
        if len(known) >= CACHE_ROWS:
            known.clear()
        found = known[key] = look_up()
        return found


def client_name(user_agent: str) -> str:
    """Product and major.minor of a User-Agent: `claude-cli/2.1.220 (external, cli)` → `claude-cli/2.1`.

    Browsers and Electron programs name themselves after the engine's products, so those come last.
    """
    products = [(match[1].strip().split(" ")[-1], match[2]) for match in _PRODUCT.finditer(user_agent[:500])]
    versions = dict(reversed(products))
    own = [name for name, _ in products if name not in _BROWSER_PRODUCTS]
    browsers = [name for name in ("Chrome", "Safari", "Mozilla") if name in versions]
    for name in (*own, *browsers):
        return f"{name}/{versions[name]}"
    words = user_agent.split()
    return words[0][:60] if words else ""


def _shortened(name: str) -> str:
    """A name of at most NAME_CHARACTERS; a longer one ends in a digest, so that two stay two."""
    if len(name) <= NAME_CHARACTERS:
        return _cut(name)
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return _cut(name[: NAME_CHARACTERS - 1 - len(digest)]) + GONE + digest


def _cut(name: str) -> str:
    # Lone surrogates (JSON may escape them) cannot be stored as UTF-8.
    return name[:NAME_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
