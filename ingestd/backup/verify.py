"""Whether a file is whole: by SQLite's own check, by the rows of each table, and by columns that equal rows."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from ingestd import check
from ingestd.backup import BackupError
from shared.migrations import SCHEMA_VERSION

_NEEDED = ("meta", "event", "chunk", "chunk_column", "tail", "inbox")


def verify(connection: sqlite3.Connection, path: Path, rows: Mapping[str, int] | None = None) -> int:
    """How many requests a whole file of this program holds; `rows`: what each table must have, where that is known.

    Raises `BackupError` with what is wrong.
    """
    try:
        return _verify(connection, path, rows or {})
    except sqlite3.Error as problem:
        raise BackupError(f"{path} cannot be read: {problem}") from None


def _verify(connection: sqlite3.Connection, path: Path, rows: Mapping[str, int]) -> int:
    (found,) = connection.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise BackupError(f"{path} is damaged: {found}")
    (schema,) = connection.execute("pragma user_version").fetchone()
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    if not schema or not tables.issuperset(_NEEDED):
        raise BackupError(f"{path} is no file of this program")
    if schema > SCHEMA_VERSION:
        raise BackupError(
            f"{path} has schema {schema}, and this version knows {SCHEMA_VERSION}: upgrade the program first"
        )
    for table, expected in rows.items():
        (have,) = connection.execute(f'select count(*) from "{table}"').fetchone()
        if have != expected:
            raise BackupError(f"{path} has {have} rows of {table} in place of {expected}")
    if schema == SCHEMA_VERSION:  # columns of an earlier schema are read once it has been upgraded
        requests, _, wrong = check.compare(connection)
        if wrong:
            raise BackupError(f"{path}: the columns of {len(wrong)} days are not what their rows say")
        return requests
    (requests,) = connection.execute("select count(*) from event").fetchone()
    return int(requests)
