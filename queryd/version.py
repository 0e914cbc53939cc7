"""Which state of the file, answered by which program: what every tag, cache and revision of an answer is made from."""

import hashlib
import sqlite3
from pathlib import Path

from shared import __version__, version
from shared.version import Version

_PACKAGES = ("queryd", "shared")


def _program() -> str:
    """The version's number, and a digest of the sources: who runs a checkout upgrades between two numbers."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.blake2b(digest_size=6)
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return f"{__version__}.{digest.hexdigest()}"


PROGRAM = _program()


def read(connection: sqlite3.Connection) -> Version:
    """The version of what `connection` sees; call it inside the snapshot."""
    return version.read(connection)._replace(program=PROGRAM)
