"""The lock that says a daemon lives: held from its start until its process ends, however it ends.

It keeps a second collector off the file, tells queryd a collector that cannot write from one that is gone, and keeps
a file from being replaced under a daemon.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Literal

Daemon = Literal["ingestd", "queryd"]

_HELD: dict[Daemon, str] = {
    "ingestd": "another ingestd already collects into {folder}, or an import writes there",
    "queryd": "the file in {folder} is being replaced: start again when that is done",
}
_WAIT_SECONDS = 0.5
"""A look at the lock (`is_held`) takes it for a moment; whoever starts meanwhile waits that out."""


class AlreadyHeld(Exception):
    """Another process holds the lock."""


def hold(folder: Path, daemon: Daemon = "ingestd", *, shared: bool = False) -> int:
    """Take the lock of `daemon` on `folder` for this process; gives the descriptor. Raises `AlreadyHeld`.

    Several may hold it as `shared`: there may be several queryd.
    """
    descriptor = os.open(folder / _name(daemon), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            os.close(descriptor)
            raise AlreadyHeld(_HELD[daemon].format(folder=folder)) from None
        return descriptor


def is_held(folder: Path, daemon: Daemon = "ingestd") -> bool | None:
    """Whether such a daemon lives on `folder`; None where that cannot be told. Writes nothing."""
    try:
        descriptor = os.open(folder / _name(daemon), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False


def _name(daemon: Daemon) -> str:
    return f"{daemon}.lock"
