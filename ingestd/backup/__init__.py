"""Backups: made beside running daemons, verified before they count, and put back by a command.

`copy` writes what is to be kept into a file of its own, `verify` proves that file, `make` does both and gives it its
name, `process` runs that as a process of low priority for the daemon, `restore` is the way back.
"""


class BackupError(Exception):
    """A backup cannot be made or put back; the text is one sentence for whoever asked."""
