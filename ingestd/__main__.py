"""`python -m ingestd`: collect until SIGTERM. `… check`: prove that the columns equal the rows. `… backup`: make a
verified backup now. `… restore FILE`: put one back, with both daemons stopped.

Exit codes: 0 done, 1 it could not be done or the check found a difference, 2 the settings or arguments cannot be used.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import structlog

from ingestd import check
from ingestd.backup import BackupError
from ingestd.backup.make import make
from ingestd.backup.restore import restore
from ingestd.daemon import collect
from ingestd.pricebook import catalogue, catalogue_format
from shared import backups, clock, logs, process_lock, settings, work_folder
from shared.database import open_reader, open_writer, transaction
from shared.migrations import NotOurs, SchemaTooNew, migrate
from shared.storage_errors import Unusable, explain
from shared.version import begin_epoch

_RESTORE_WORDS = 2
_NICE = 10
"""A backup that the daemon makes gives way to collecting."""

log = structlog.get_logger()


def main(arguments: list[str]) -> int:
    try:
        chosen = settings.load()
    except settings.SettingsError as mistakes:
        print(f"ingestd cannot start:\n{mistakes}", file=sys.stderr)  # noqa: T201 - before there is a log
        return 2
    if arguments == ["check"]:
        return run_check(chosen)
    known = not arguments or arguments in (["backup"], ["backup", "--json"])
    if not known and not (len(arguments) == _RESTORE_WORDS and arguments[0] == "restore"):
        print("usage: python -m ingestd [check | backup | restore FILE]", file=sys.stderr)  # noqa: T201 - the same
        return 2
    try:
        work_folder.prepare(chosen.work_folder, writable=True)
    except Unusable as problem:
        print(f"ingestd cannot start: {problem}", file=sys.stderr)  # noqa: T201 - there is no folder for a log
        return 1
    if arguments:
        return run_backup(chosen, *arguments[1:]) if arguments[0] == "backup" else run_restore(chosen, arguments[1])
    logs.configure(
        "ingestd",
        level=chosen.log_level,
        console_format=chosen.log_format,
        zone=chosen.tz,
        folder=chosen.work_folder / "logs" if chosen.log_file_enabled else None,
        keep_days=chosen.log_retention_days,
        secrets=chosen.secrets,
    )
    return start(chosen)


def run_check(chosen: settings.Settings) -> int:
    """`python -m ingestd check`: 0 equal, 1 different, or the file cannot be read."""
    try:
        with closing(open_reader(chosen.database)) as reader:
            return check.main(reader)
    except sqlite3.Error as problem:
        print(explain(problem, chosen.database).message, file=sys.stderr)  # noqa: T201 - the command's output
        return 1


def run_backup(chosen: settings.Settings, form: str = "") -> int:
    """`python -m ingestd backup`: one sentence, or (`--json`, for the daemon) lines of progress and what was made."""

    def tell(fraction: float) -> None:
        if form:
            print(msgspec.json.encode({"progress": fraction}).decode(), flush=True)  # noqa: T201 - the command's output

    if form:
        os.nice(_NICE)
    try:
        made = make(chosen.database, clock.now(), tell)
    except BackupError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - the command's output
        return 1
    folder = backups.folder_of(chosen.database)
    text = (
        f"{folder / made.file}: {made.requests:,} requests, {made.size / 1e6:,.1f} MB, verified, {made.seconds:.1f} s"
    )
    print(msgspec.json.encode(made).decode() if form else text)  # noqa: T201 - the same
    return 0


def run_restore(chosen: settings.Settings, file: str) -> int:
    """`python -m ingestd restore FILE`: a path, or the name of a backup."""
    try:
        restored = restore(chosen.database, Path(file), clock.now())
    except BackupError as problem:
        print(f"Nothing was changed: {problem}.", file=sys.stderr)  # noqa: T201 - the command's output
        return 1
    kept = f" What stood there is {restored.aside}: remove it once all is well." if restored.aside else ""
    print(f"{chosen.database} is {file} now, with {restored.requests:,} requests. Start both daemons.{kept}")  # noqa: T201 - the same
    return 0


def start(chosen: settings.Settings) -> int:
    """Open the file, bring it to this schema, and collect."""
    try:
        process_lock.hold(chosen.work_folder)
        connection = open_writer(chosen.database, "ingestd")
        migrated = migrate(connection, clock.now())
        with transaction(connection):
            begin_epoch(connection)
    except (process_lock.AlreadyHeld, SchemaTooNew, NotOurs) as problem:
        log.error("ingestd.refused", reason=str(problem))  # noqa: TRY400 - the reason is the message; a trace adds nothing
        return 1
    except (sqlite3.Error, OSError) as problem:
        log.error("ingestd.refused", reason=explain(problem, chosen.database).message)  # noqa: TRY400 - the same
        return 1
    tell_if_open(chosen)
    with closing(connection):
        try:
            seed_prices(connection)
            collect(connection, chosen, migrated)
        except sqlite3.Error as problem:
            log.error("ingestd.failed", reason=explain(problem, chosen.database).message)  # noqa: TRY400 - the same
            return 1
    return 0


def tell_if_open(chosen: settings.Settings) -> None:
    """A folder made by an earlier version may be readable for everybody; to change what is there is its owner's."""
    paths = work_folder.open_to_others(chosen.work_folder)
    if paths:
        log.warning(
            "files.open_to_others",
            paths=[str(path) for path in paths],
            remedy=work_folder.remedy(chosen.work_folder),
        )


def seed_prices(connection: sqlite3.Connection) -> None:
    """Bring the file's prices up to the catalogue that this program comes with."""
    added = catalogue.seed(connection, catalogue_format.read(), clock.now())
    if added:
        log.info("prices.seeded", versions=added)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
