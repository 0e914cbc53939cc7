"""The folder of backups. A file has its name only once it was verified, so the folder alone tells what there is."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

FOLDER = "backups"

_FORMAT = "app-%Y%m%dT%H%M%SZ.db.gz"
_NAME = re.compile(r"app-\d{8}T\d{6}Z\.db\.gz")


class Backup(NamedTuple):
    path: Path
    made_at: int  # UTC epoch microseconds, whole seconds
    size: int  # bytes


def folder_of(database: Path) -> Path:
    """Where the backups of a file are."""
    return database.parent / FOLDER


def name(made_at: int) -> str:
    """What a backup of that time (UTC epoch microseconds) is called."""
    return datetime.fromtimestamp(made_at // 1_000_000, UTC).strftime(_FORMAT)


def listed(database: Path) -> list[Backup]:
    """The backups of a file, newest first; none where the folder cannot be read."""
    found = []
    try:
        for path in folder_of(database).iterdir():
            if _NAME.fullmatch(path.name):
                made = datetime.strptime(path.name, _FORMAT).replace(tzinfo=UTC)
                found.append(Backup(path, int(made.timestamp()) * 1_000_000, path.stat().st_size))
    except OSError:
        return []
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)
