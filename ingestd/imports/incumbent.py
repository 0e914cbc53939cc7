"""The database of CPA Usage Keeper by Willxup (v1.14, schema of August 2026; older ones as far as they go).

Facts: its tokens are canonical already; `api_group_key` is the client's key in clear, or in its place the provider,
the endpoint or "unknown"; times are texts with an offset; it has no dedupe key, so a message can be there twice.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingestd.decode import epoch_microseconds
from ingestd.imports.source import (
    NO_COUNTERS,
    NO_HEADERS,
    CredentialAlias,
    Edits,
    Imported,
    ImportProblem,
    KeyAlias,
    PriceEntry,
    PriceRuleEntry,
    Unusable,
    canonical,
    milliseconds,
)
from ingestd.usage_event import UsageEvent
from shared.event_id import digest
from shared.normalization import Tokens
from shared.prices import ONE, Price, Rates, Source

PAGE_ROWS = 4_000
"""Rows read at once: no read transaction outlives a page, so that a running incumbent is not held up."""

TABLES = ("usage_events_archive", "usage_events")

_COLUMNS: dict[str, str] = {
    "id": "",
    "timestamp": "",
    "model": "''",
    "failed": "0",
    "input_tokens": "0",
    "output_tokens": "0",
    "total_tokens": "0",
    "api_group_key": "''",
    "provider": "''",
    "endpoint": "''",
    "auth_type": "''",
    "request_id": "''",
    "client_ip": "''",
    "x_forwarded_for": "''",
    "user_agent": "''",
    "model_alias": "''",
    "reasoning_effort": "''",
    "service_tier": "''",
    "response_service_tier": "''",
    "executor_type": "''",
    "source": "''",
    "auth_index": "''",
    "generate": "1",
    "latency_ms": "0",
    "ttft_ms": "0",
    "reasoning_tokens": "0",
    "cache_read_tokens": "0",
    "cache_creation_tokens": "0",
}
"""What is read of an event, and what stands for it in a version that did not have it; the first two must be there."""

_AUTH_TYPES = {1: "oauth", 2: "apikey"}


class Database:
    """An incumbent's app.db, or a copy of one; it may be running."""

    kind = "a database of CPA Usage Keeper (Willxup)"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = self._open()
        try:
            self._tables = {
                name: {row[1] for row in self._connection.execute(f'pragma table_info("{name}")')}
                for (name,) in self._connection.execute("select name from sqlite_master where type = 'table'")
            }
            self._check()
            self.total: int | None = sum(
                self._connection.execute(f"select count(*) from {table}").fetchone()[0] for table in self._event_tables
            )
        except BaseException as problem:
            self._connection.close()
            if isinstance(problem, sqlite3.Error):
                raise self._problem(problem) from problem
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(
                f"{self._path.absolute().as_uri()}?{_how(self._path)}", uri=True, isolation_level=None
            )
        except sqlite3.Error as problem:
            raise self._problem(problem) from problem

    def close(self) -> None:
        self._connection.close()

    @property
    def _event_tables(self) -> list[str]:
        return [table for table in TABLES if table in self._tables]

    def _check(self) -> None:
        if "chunk_column" in self._tables:
            raise ImportProblem(f"{self._path} is a database of this program: `restore` puts one in place")
        if "usage_events" not in self._tables:
            raise ImportProblem(f"{self._path} is no database of CPA Usage Keeper: it has no usage_events")
        for table in self._event_tables:
            if missing := {"id", "timestamp", "model", "input_tokens"} - self._tables[table]:
                raise ImportProblem(
                    f"{self._path} is of a version too old to be read ({table} has no {min(missing)}):"
                    " let the newest version of the program that made it open it once"
                )

    def events(self) -> Iterator[Imported | Unusable]:
        for table in self._event_tables:
            chosen = ", ".join(name if name in self._tables[table] else stand_in for name, stand_in in _COLUMNS.items())
            last = -(2**63)
            while True:
                rows = self._page(f"select {chosen} from {table} where id > ? order by id limit ?", last)
                if not rows:
                    break
                last = rows[-1][0]
                yield from map(_event, rows)

    def _page(self, query: str, last: int) -> list[Any]:
        for text in (str, _forgiving):  # nearly all pages are UTF-8, which SQLite's own way reads fastest
            self._connection.text_factory = text
            try:
                return self._connection.execute(query, (last, PAGE_ROWS)).fetchall()
            except sqlite3.OperationalError as problem:
                if text is _forgiving or "decode" not in str(problem):
                    raise self._problem(problem) from problem
            except sqlite3.Error as problem:
                raise self._problem(problem) from problem
        return []

    def edits(self) -> Edits:
        try:
            return Edits(tuple(self._keys()), tuple(self._credentials()), tuple(self._prices()))
        except sqlite3.Error as problem:
            raise self._problem(problem) from problem

    def _keys(self) -> Iterator[KeyAlias]:
        if "key_alias" in self._tables.get("cpa_api_keys", ()):
            rows = self._connection.execute("select api_key, key_alias from cpa_api_keys where key_alias <> ''")
            yield from (KeyAlias(str(key), str(alias)) for key, alias in rows if key)

    def _credentials(self) -> Iterator[CredentialAlias]:
        if {"identity", "alias"} <= self._tables.get("usage_identities", set()):
            rows = self._connection.execute(
                "select identity, provider, type, auth_type, name, alias from usage_identities where alias <> ''"
                " order by is_deleted, id"
            )
            for auth_index, provider, kind, auth_type, name, alias in rows:
                account = str(name or "") if auth_type == 1 else ""  # a provider's may hold a part of its key
                yield CredentialAlias(
                    str(auth_index or ""),
                    str(provider or kind or ""),
                    _AUTH_TYPES.get(auth_type, ""),
                    account,
                    str(alias),
                )

    def _prices(self) -> Iterator[PriceEntry]:
        """Its prices hold for all time, since it multiplies when it is asked."""
        if "model_price_settings" not in self._tables:
            return
        rules: dict[int, list[PriceRuleEntry]] = {}
        if "model_price_rules" in self._tables:
            for setting, key, value, multiplier in self._connection.execute(
                "select model_price_setting_id, key, value, multiplier from model_price_rules order by id"
            ):
                rules.setdefault(setting, []).append(PriceRuleEntry(str(key), str(value), _millionths(multiplier)))
        for id_, model, *four, multiplier in self._connection.execute(
            "select id, model, prompt_price_per1_m, cache_read_price_per1_m, cache_creation_price_per1_m,"
            " completion_price_per1_m, price_multiplier from model_price_settings where model <> '' order by id"
        ):
            rates = Rates(*(_millionths(each) for each in four))
            price = Price(0, Source.MANUAL, "", str(model), "", 0, rates, multiplier=_millionths(multiplier))
            yield PriceEntry(price, tuple(rules.get(id_, ())))

    def _problem(self, problem: sqlite3.Error) -> ImportProblem:
        return ImportProblem(f"{self._path} cannot be read as a database: {problem}")


def _how(path: Path) -> str:
    """How SQLite is to open it: to read a WAL database is to write beside it, unless there is no log."""
    if os.access(path.parent, os.W_OK):
        return "mode=ro"
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise ImportProblem(
            f"{path} has its newest rows in {log.name}, and {path.parent} cannot be written to: copy both elsewhere"
        )
    return "mode=ro&immutable=1"


def _forgiving(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _millionths(value: Any) -> int:
    return round(float(value or 0) * ONE)


def _event(row: Sequence[Any]) -> Imported | Unusable:
    try:
        return _read(row)
    except (TypeError, ValueError, OverflowError):
        return Unusable.DAMAGED


def _read(row: Sequence[Any]) -> Imported | Unusable:
    (
        _,
        timestamp,
        model,
        failed,
        into,
        output,
        total,
        key,
        provider,
        endpoint,
        auth_type,
        request_id,
        client_ip,
        forwarded,
        agent,
        alias,
        effort,
        tier,
        answered_tier,
        executor,
        source,
        auth_index,
        generate,
        latency,
        ttft,
        reasoning,
        read,
        write,
    ) = row
    occurred_at = epoch_microseconds(timestamp) if timestamp else None
    if occurred_at is None:
        return Unusable.NO_TIME
    counted = canonical(Tokens(into or 0, read or 0, write or 0, output or 0, reasoning or 0), total or 0)
    if counted is None:
        return Unusable.NUMBER_OUT_OF_RANGE
    identity = (
        f"incumbent\x1f{occurred_at}\x1f{request_id}\x1f{model}\x1f{alias}\x1f{auth_index}\x1f{key}\x1f{endpoint}"
        f"\x1f{failed}\x1f{latency}\x1f{into}\x1f{output}\x1f{read}\x1f{write}\x1f{reasoning}\x1f{total}"
    )
    model = model or "unknown"
    event = UsageEvent(
        occurred_at,
        NO_COUNTERS,
        None,
        0,
        bool(failed),
        bool(generate),
        0 if failed else 200,
        "",
        milliseconds(latency),
        milliseconds(ttft),
        provider or "unknown",
        executor or "",
        model,
        alias or model,
        endpoint or "",
        auth_type or "",
        auth_index or "",
        source or "",
        "" if not key or key in (provider, endpoint, "unknown") else key,
        request_id or "",
        effort or "",
        tier or "",
        answered_tier or "",
        client_ip or "",
        forwarded or "",
        agent or "",
        NO_HEADERS,
    )
    return Imported(event, *counted, digest(identity.encode("utf-8", "replace")))
