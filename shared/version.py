"""Which state of the file, seen by which program: the one notion of version.

An answer with an equal version is the same answer. ETags, caches and the identity of what a reader remembers are made
from `read` inside the snapshot that the answer is made from, and from nothing else (no inode, no time of change):

    with connections.lease() as lease:
        version = read(lease.connection)

- `epoch`: 64 random bits in the file. New when the file is created, restored or given to a starting ingestd, so that
  two files that went apart (a backup put back, a copy) never share it. What was remembered of chunks is of one epoch.
- `revision`: grows with everything ingestd changes that an answer shows: a batch, rows that leave.
- `edits`: grows with everything a person edits through queryd.
- `program`: a new program may answer differently from the same file.
"""

import secrets
import sqlite3
from typing import NamedTuple

from shared import __version__


class Version(NamedTuple):
    """`str` of it is short, opaque and fit for an ETag."""

    epoch: int
    revision: int
    edits: int
    program: str = __version__

    def __str__(self) -> str:
        return f"{self.epoch & (2**64 - 1):016x}-{self.revision:x}-{self.edits:x}-{self.program}"


def read(connection: sqlite3.Connection) -> Version:
    """The version of what `connection` sees; call it inside the snapshot."""
    epoch, revision, edits = connection.execute(
        "select (select number from meta where key = 'epoch'), (select number from meta where key = 'revision'),"
        " (select number from edit_state where name = 'edit_revision')"
    ).fetchone()
    return Version(epoch or 0, revision or 0, edits or 0)


def begin_epoch(connection: sqlite3.Connection) -> None:
    """Give the file a new epoch: at ingestd's start and after a restore, inside a transaction of ingestd.

    At every start, since nothing tells whether the file was replaced by an older copy of itself meanwhile: whose next
    revisions would be the numbers of others that readers have seen.
    """
    number = secrets.randbits(64) - 2**63
    connection.execute("insert or replace into meta (key, number) values ('epoch', ?)", (number,))


def next_revision(connection: sqlite3.Connection) -> None:
    """Tell readers that what ingestd keeps has changed; inside the transaction that changes it."""
    connection.execute(
        "insert into meta (key, number) values ('revision', 1) on conflict (key) do update set number = number + 1"
    )


def next_edit(connection: sqlite3.Connection, now: int) -> None:
    """Tell readers that a person edited something; inside queryd's transaction that stores it.

    The number is the time (UTC epoch microseconds) where that is later: an edit of a copy that was put back is then
    never taken for another one of the file that it replaced.
    """
    connection.execute(
        "insert into edit_state (name, number) values ('edit_revision', ?)"
        " on conflict (name) do update set number = max(number + 1, excluded.number)",
        (now,),
    )
