"""Ordered steps from any earlier file to this schema. ingestd takes them at start; queryd only compares versions."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import peewee

from shared.database import transaction
from shared.schema import REQUEST_VIEW, TABLES


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    apply: Callable[[sqlite3.Connection], None]


class SchemaTooNew(Exception):
    """The file was written by a later version of this program."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Every table and index of `shared.schema`, as peewee spells them, and the view for people."""
    dialect = peewee.SqliteDatabase(None)
    with dialect.bind_ctx(list(TABLES), bind_refs=False, bind_backrefs=False):
        for table in TABLES:
            for sql, _ in _statements(table):
                connection.execute(sql)
    connection.execute(REQUEST_VIEW)


def _statements(table: type[peewee.Model]) -> list[tuple[str, object]]:
    manager = peewee.SchemaManager(table)
    contexts = [manager._create_table(safe=False)]  # noqa: SLF001 - peewee offers no public way to the SQL
    contexts += manager._create_indexes(safe=False)  # noqa: SLF001 - the same
    return [context.query() for context in contexts]


STEPS: tuple[Step, ...] = (Step("0001_tables", create_tables),)

SCHEMA_VERSION = len(STEPS)
"""`pragma user_version` of a file that has taken every step."""


def version(connection: sqlite3.Connection) -> int:
    """How many steps this file has taken; 0 for an empty one."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, now: int) -> list[str]:
    """Take the missing steps, each in one transaction with its record; gives their names.

    Raises `SchemaTooNew` for a file of a later version: an old program must not write to it.
    """
    have = version(connection)
    if have > SCHEMA_VERSION:
        raise SchemaTooNew(f"the file has schema {have}, this version knows {SCHEMA_VERSION}: upgrade the program")
    taken = []
    for number, step in enumerate(STEPS[have:], start=have + 1):
        with transaction(connection, durable=True):
            step.apply(connection)
            connection.execute("insert into migration (name, applied_at) values (?, ?)", (step.name, now))
            connection.execute(f"pragma user_version = {number}")
        taken.append(step.name)
    return taken
