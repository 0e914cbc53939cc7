"""Single numbers that ingestd keeps in the file."""

import sqlite3


def number(connection: sqlite3.Connection, key: str) -> int:
    """A number of `meta` (shared.schema); 0 while it is not there."""
    row = connection.execute("select number from meta where key = ?", (key,)).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])
