"""A copy of the file as of one moment, made by a reader while others write.

What is left out: raw messages that have become events (nearly all of a file's bytes), logins, and what a running
process says of itself.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from shared.database import PAGE_BYTES, open_reader, snapshot

LEFT_OUT = {"heartbeat", "session", "inbox_pack"}
_SOME = {"inbox": "id > (select number from main.meta where key = 'settled_inbox_id')"}
_STEPS = 1_000_000
"""Virtual machine steps between looks at the disk: some ten milliseconds."""


def copy(source: Path, target: Path, look: Callable[[], None]) -> dict[str, int]:
    """Write the copy to the new file `target`; gives the rows that each table must have.

    `look()` is called now and then, and stops the copy by raising. Raises `sqlite3.Error`.
    """
    stopped: list[BaseException] = []

    def go_on() -> bool:
        try:
            look()
        except Exception as reason:  # noqa: BLE001 - an exception does not pass through SQLite: it is raised below
            stopped.append(reason)
        return bool(stopped)

    with closing(open_reader(source)) as reader:
        reader.set_progress_handler(go_on, _STEPS)
        try:
            return _copy(reader, target)
        except sqlite3.OperationalError:
            if stopped:
                raise stopped[0] from None
            raise


def _copy(reader: sqlite3.Connection, target: Path) -> dict[str, int]:
    with snapshot(reader):
        layout = reader.execute(
            "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite_%'"
            " order by rowid"
        ).fetchall()
        (schema,) = reader.execute("pragma user_version").fetchone()
    tables = {name: sql for kind, name, sql in layout if kind == "table"}
    with closing(_open(target)) as writer:
        for sql in tables.values():
            writer.execute(sql)
    reader.execute("pragma query_only = off")  # of the file itself it is a reader still: it was opened so
    reader.execute("attach ? as copy", (f"{target.absolute().as_uri()}?mode=rw",))
    reader.execute("pragma copy.synchronous = off")  # a copy that is cut short is thrown away
    reader.execute("pragma copy.journal_mode = off")
    rows = {}
    with snapshot(reader):
        if reader.execute("pragma main.user_version").fetchone() != (schema,):
            raise sqlite3.OperationalError("the file was upgraded meanwhile")
        for name in tables:
            which = "0" if name in LEFT_OUT else _SOME.get(name, "1")
            reader.execute(f'insert into copy."{name}" select * from main."{name}" where {which}')
            (rows[name],) = reader.execute(f'select count(*) from main."{name}" where {which}').fetchone()
        if reader.execute("select 1 from main.sqlite_master where name = 'sqlite_sequence'").fetchone():
            reader.execute("delete from copy.sqlite_sequence")
            reader.execute("insert into copy.sqlite_sequence select * from main.sqlite_sequence")
        reader.execute("commit")
    reader.execute("detach copy")
    with closing(_open(target)) as writer:
        for kind, _, sql in layout:
            if kind != "table":
                writer.execute(sql)
        writer.execute(f"pragma user_version = {schema}")
    return rows


def _open(target: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute(f"pragma page_size = {PAGE_BYTES}")
    connection.execute("pragma auto_vacuum = incremental")
    connection.execute("pragma journal_mode = off")
    connection.execute("pragma synchronous = off")
    return connection
