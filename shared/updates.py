"""The newest version of this program that was heard of: ingestd asks and keeps it, queryd shows it."""

import re
import sqlite3
from typing import NamedTuple

import msgspec


class Newest(NamedTuple):
    version: str  # without a leading v
    url: str  # a page about it, or empty
    checked_at: int  # UTC epoch microseconds


def newest(connection: sqlite3.Connection) -> Newest | None:
    """None while nobody has asked, or nothing has answered."""
    row = connection.execute("select text, number from meta where key = 'newest_version'").fetchone()
    return None if row is None else Newest(*msgspec.json.decode(row[0], type=tuple[str, str]), row[1])


def keep(connection: sqlite3.Connection, found: Newest) -> None:
    """Inside ingestd's transaction."""
    connection.execute(
        "insert or replace into meta (key, text, number) values ('newest_version', ?, ?)",
        (msgspec.json.encode((found.version, found.url)).decode(), found.checked_at),
    )


def is_newer(version: str, than: str) -> bool:
    """By their numbers: 0.10 is newer than 0.9. A release is newer than its own previews (`1.0-rc1`)."""
    return _order(version) > _order(than)


def _order(version: str) -> tuple[tuple[int, ...], bool]:
    numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    if numbers is None:
        return (), False
    parts = [int(part) for part in numbers[0].split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts), numbers.end() == len(version)
