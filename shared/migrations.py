"""Ordered steps from any earlier file to this schema. ingestd takes them at start; queryd only compares versions.

A step is a file of SQL in `shared/schema/steps`. Its text never changes once a file may have taken it: a change of
the schema is a new step, with the next number, and the models of `shared.schema` describe what all steps come to.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources

from shared.database import transaction, unguarded
from shared.redaction import redact, without_login


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    apply: Callable[[sqlite3.Connection], None]


FUNCTIONS: dict[str, Callable[[str], str]] = {"redact": redact, "without_login": without_login}
"""What steps may call beside SQLite's own."""


class SchemaTooNew(Exception):
    """The file was written by a later version of this program."""


class NotOurs(Exception):
    """The file is a database of another program: its tables would be mixed with ours."""


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one at a time: `executescript` would commit the transaction around it."""
    lines: list[str] = []
    for line in script.splitlines():
        lines.append(line)
        statement = "\n".join(lines)
        if sqlite3.complete_statement(statement):
            yield statement
            lines.clear()
    if "".join(lines).strip():
        raise ValueError("a step ends in the middle of a statement")


def _from_sql(name: str, script: str) -> Step:
    def apply(connection: sqlite3.Connection) -> None:
        for statement in statements(script):
            connection.execute(statement)

    return Step(name, apply)


def _load() -> tuple[Step, ...]:
    files = sorted(resources.files("shared.schema").joinpath("steps").iterdir(), key=lambda file: file.name)
    return tuple(_from_sql(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in files)


STEPS: tuple[Step, ...] = _load()

SCHEMA_VERSION = len(STEPS)
"""`pragma user_version` of a file that has taken every step."""


def version(connection: sqlite3.Connection) -> int:
    """How many steps this file has taken; 0 for an empty one."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def upgrading_to(connection: sqlite3.Connection) -> int | None:
    """The schema that ingestd is bringing this (earlier) file to, or None while it has not begun."""
    row = connection.execute("select number from meta where key = 'upgrading_to'").fetchone()
    return row[0] if row else None


def migrate(connection: sqlite3.Connection, now: int) -> list[str]:
    """Take the missing steps, each in one transaction with its record; gives their names.

    Says in the file that it is at it (`upgrading_to`), since a step may take minutes, and a reader sees nothing of
    it until it is done. Raises `SchemaTooNew` for a file of a later version, since an old program must not write to
    it, and `NotOurs` for another program's.
    """
    have = version(connection)
    if have == 0 and (found := connection.execute("select name from sqlite_master limit 1").fetchone()):
        raise NotOurs(
            f"the app.db there is another program's (it has {found[0]}): set WORK_DIR to a folder of its own, and bring"
            " in what CPA Usage Keeper (Willxup) has kept with `cpa-usage-keeper import FILE`"
        )
    if have > SCHEMA_VERSION:
        raise SchemaTooNew(f"the file has schema {have}, this version knows {SCHEMA_VERSION}: upgrade the program")
    if 0 < have < SCHEMA_VERSION:
        with transaction(connection):
            connection.execute(
                "insert or replace into meta (key, number) values ('upgrading_to', ?)", (SCHEMA_VERSION,)
            )
    for name, function in FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)
    taken = []
    for number, step in enumerate(STEPS[have:], start=have + 1):
        with transaction(connection, durable=True), unguarded(connection):
            step.apply(connection)
            connection.execute("insert into migration (name, applied_at) values (?, ?)", (step.name, now))
            connection.execute(f"pragma user_version = {number}")
            if number == SCHEMA_VERSION:
                connection.execute("delete from meta where key = 'upgrading_to'")
        taken.append(step.name)
    return taken
