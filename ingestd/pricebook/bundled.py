"""The bundled prices, brought up to the installed genai-prices: a child compiles them, this stores what is new.

A version that the file knows stays as it is. One that the package no longer has is retired, not removed: it goes on
explaining the costs that were frozen by it.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import msgspec

from ingestd.pricebook.bundle import BundledModelLine, BundledProviderLine, Line, Version, decode_line
from shared.database import transaction
from shared.model_names import Clause
from shared.schema.prices import EDITED_PRICE_IDS_FROM

PACKAGE = "genai-prices"
FORMAT = 1
"""Counted up when the compiler learns something, so that files take it up without a new package."""

META_KEY = "bundled_prices"
COMPILE_SECONDS = 120
OUTPUT_BYTES_MAX = 64 * 1024 * 1024

_INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV", "TMPDIR", "TZ")
"""The child needs no more of the environment, and gets none of its secrets."""

_Key = tuple[str, int, int | None, int | None, int, int, int, int, str]


class BundleFailed(Exception):
    """The catalogue could not be compiled; the prices in the file stay as they are."""


def installed() -> str:
    """What the file would record now: the package, its version and the compiler's format."""
    return f"{PACKAGE} {metadata.version(PACKAGE)} format {FORMAT}"


def refresh(connection: sqlite3.Connection, now: int) -> int:
    """Compile and store the catalogue unless the file has it already; gives how many versions were added.

    Takes about a second when there is something to do. Raises `BundleFailed`.
    """
    wanted = installed()
    row = connection.execute("select text from meta where key = ?", (META_KEY,)).fetchone()
    if row is not None and row[0] == wanted:
        return 0
    return install(connection, compile_lines(), wanted, now)


def compile_lines() -> list[Line]:
    """The catalogue, out of a child process that ends with its memory. Raises `BundleFailed`."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    try:
        child = subprocess.run(
            [sys.executable, "-m", "ingestd.pricebook.compiler"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMPILE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BundleFailed(f"the price compiler did not run: {error}") from error
    if child.returncode != 0:
        last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise BundleFailed(f"the price compiler failed with code {child.returncode}: {' '.join(last)}")
    if len(child.stdout) > OUTPUT_BYTES_MAX:
        raise BundleFailed(f"the price compiler wrote {len(child.stdout)} bytes")
    try:
        lines: list[Line] = [decode_line(line) for line in child.stdout.splitlines()]
    except msgspec.MsgspecError as error:
        raise BundleFailed(f"the price compiler wrote something else: {error}") from error
    if not any(isinstance(line, BundledModelLine) for line in lines):
        raise BundleFailed("the price compiler found no model")
    return lines


def install(connection: sqlite3.Connection, lines: Iterable[Line], bundle: str, now: int) -> int:
    """Store a catalogue in one transaction; gives how many versions were added. Raises `BundleFailed`."""
    added = 0
    with transaction(connection):
        next_id = (connection.execute("select max(id) from bundled_price").fetchone()[0] or 0) + 1
        for position, line in enumerate(lines):
            if isinstance(line, BundledProviderLine):
                _put_provider(connection, line, position)
                continue
            model_id = _put_model(connection, line, position)
            fresh = _fresh_versions(connection, model_id, line.versions, now)
            if next_id + len(fresh) > EDITED_PRICE_IDS_FROM:
                raise BundleFailed(f"no ids are left for {len(fresh)} more bundled versions")
            connection.executemany(
                "insert into bundled_price (id, model_id, service_tier, effective_from, daily_from, daily_until,"
                " input_price, cache_read_price, cache_write_price, output_price, context_tiers, bundle, recorded_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(id_, model_id, *key, bundle, now) for id_, key in enumerate(fresh, start=next_id)],
            )
            next_id += len(fresh)
            added += len(fresh)
        connection.execute(
            "insert into meta (key, text) values (?, ?) on conflict (key) do update set text = excluded.text",
            (META_KEY, bundle),
        )
    return added


def _put_provider(connection: sqlite3.Connection, line: BundledProviderLine, position: int) -> None:
    connection.execute(
        "insert or replace into bundled_provider (id, position, name, provider_match, model_match)"
        " values (?, ?, ?, ?, ?)",
        (line.id, position, line.name, _json(line.provider_match), _json(line.model_match)),
    )


def _put_model(connection: sqlite3.Connection, line: BundledModelLine, position: int) -> int:
    row = connection.execute(
        "insert into bundled_model (provider, position, model, match) values (?, ?, ?, ?)"
        " on conflict (provider, model) do update set position = excluded.position, match = excluded.match"
        " returning id",
        (line.provider, position, line.model, _json(line.match)),
    ).fetchone()
    return int(row[0])


def _fresh_versions(connection: sqlite3.Connection, model_id: int, versions: Iterable[Version], now: int) -> list[_Key]:
    """The versions that the file does not have; those it has and the catalogue has not are retired."""
    known: dict[_Key, int] = {
        tuple(row[1:]): row[0]
        for row in connection.execute(
            "select id, service_tier, effective_from, daily_from, daily_until, input_price, cache_read_price,"
            " cache_write_price, output_price, context_tiers from bundled_price"
            " where model_id = ? and retired_at is null",
            (model_id,),
        )
    }
    wanted = [_key(version) for version in versions]
    gone = [(now, id_) for key, id_ in known.items() if key not in set(wanted)]
    connection.executemany("update bundled_price set retired_at = ? where id = ?", gone)
    return [key for key in wanted if key not in known]


def _key(version: Version) -> _Key:
    four = version.rates
    return (
        version.service_tier,
        version.effective_from,
        version.daily_from,
        version.daily_until,
        four.input,
        four.cache_read,
        four.cache_write,
        four.output,
        msgspec.json.encode(version.context_tiers).decode(),
    )


def _json(clause: Clause | None) -> str | None:
    return None if clause is None else msgspec.json.encode(clause).decode()
