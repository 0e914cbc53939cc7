"""Pages that are empty go back to the disk, some at a time. What a day fills and empties again stays.

Only a file made with `auto_vacuum = incremental` can do that; an older one becomes such a file by being restored.
"""

import sqlite3
import time

from ingestd.short_write import give_way

STEP_PAGES = 256
"""Most pages moved in one transaction (2 MiB): some ten milliseconds."""

KEPT_PAGES = 2_048
"""Empty pages that stay (16 MiB): they are filled again before the file grows."""

_INCREMENTAL = 2


def vacuum(connection: sqlite3.Connection) -> int | None:
    """Give some empty pages back; gives how many. None for a file that cannot."""
    (mode,) = connection.execute("pragma auto_vacuum").fetchone()
    if mode != _INCREMENTAL:
        return None
    before = _empty(connection)
    step = min(STEP_PAGES, before - max(KEPT_PAGES, _used(connection) // 4))
    if step <= 0:
        return 0
    began = time.monotonic()
    # As a script, since a plain statement without columns is stepped once, which is one page; it is one transaction.
    connection.executescript(f"pragma incremental_vacuum({step})")
    give_way(began)
    return before - _empty(connection)


def _empty(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma freelist_count").fetchone()[0])


def _used(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma page_count").fetchone()[0]) - _empty(connection)
