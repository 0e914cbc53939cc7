"""Ordered steps from any earlier file to this schema. ingestd takes them at start; queryd only compares versions."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import peewee

from shared.database import transaction
from shared.schema import REQUEST_VIEW, TABLES


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    apply: Callable[[sqlite3.Connection], None]


class SchemaTooNew(Exception):
    """The file was written by a later version of this program."""


class _Recorder(peewee.SqliteDatabase):
    """Collects the statements that peewee would run, so that they run inside our own transaction."""

    def __init__(self) -> None:
        super().__init__(None)
        self.statements: list[str] = []

    def execute_sql(self, sql: str, *_: Any, **__: Any) -> Any:
        self.statements.append(sql)

    def get_server_version(self) -> tuple[int, ...]:
        return tuple(sqlite3.sqlite_version_info)


def create_tables(connection: sqlite3.Connection) -> None:
    """Every table and index of `shared.schema`, as peewee spells them, and the view for people."""
    recorder = _Recorder()
    with recorder.bind_ctx(list(TABLES), bind_refs=False, bind_backrefs=False):
        for table in TABLES:
            table.create_table(safe=False)
    for statement in recorder.statements:
        connection.execute(statement)
    connection.execute(REQUEST_VIEW)


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
