"""What a file is given once: its secret, its CPA instance."""

import secrets
import sqlite3

from shared.database import transaction
from shared.redaction import without_login

SECRET_BYTES = 32


def secret(connection: sqlite3.Connection) -> bytes:
    """The installation's secret: client keys are kept as HMACs under it."""
    row = connection.execute("select secret from meta where key = 'install_secret'").fetchone()
    if row:
        return bytes(row[0])
    made = secrets.token_bytes(SECRET_BYTES)
    with transaction(connection, durable=True):
        connection.execute("insert into meta (key, secret) values ('install_secret', ?)", (made,))
    return made


def instance(connection: sqlite3.Connection, base_url: str, now: int) -> int:
    """The id of the CPA at `base_url`.

    A file collects from one CPA: when that one moves, its keys and credentials keep their rows, so the first row
    is taken whatever its address was, and given the new one, without a user and password that it may hold.
    """
    base_url = without_login(base_url)
    with transaction(connection):
        row = connection.execute("select id, name from instance order by id limit 1").fetchone()
        if row is None:
            connection.execute("insert into instance (name, first_seen_at) values (?, ?)", (base_url, now))
            return 1
        if row[1] != base_url:
            connection.execute("update instance set name = ? where id = ?", (base_url, row[0]))
    return int(row[0])
