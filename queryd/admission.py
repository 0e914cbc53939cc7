"""How many questions are worked on at once, and how many may wait: so that slow ones hold up nothing light.

Every request holds a thread of the server. Were all of them taken by questions that wait for one another, neither a
file of the dashboard nor `/healthz` would be answered. So questions stay fewer than threads, and one too many is told
to come again. Heavy ones wait apart: the last minutes are answered at once while others ask for months.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from queryd.errors import Busy

HEAVY_RUNNING = 2
"""Heavy questions at once: one goes through the blocks (aggregate.snapshot.SCANS), one begins or ends meanwhile."""

HEAVY_WAITING = 17
"""Heavy questions that may wait for those: what three tabs of a browser ask at once."""

LIGHT_RUNNING = 3
LIGHT_WAITING = 17
"""A light question takes milliseconds: twenty at once are answered soon, and wait for no heavy one."""

PATIENCE_SECONDS = 10.0


class Lane:
    """A place among the questions of one kind."""

    def __init__(self, running: int, waiting: int, patience: float = PATIENCE_SECONDS) -> None:
        self._running = threading.BoundedSemaphore(running)
        self._places = threading.BoundedSemaphore(running + waiting)
        self._patience = patience

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Raises `Busy` when too many wait, or when it has waited too long."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._running.acquire(timeout=self._patience):
                raise Busy
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._places.release()


class Admission:
    """A lane for what goes through many rows, and one for everything else."""

    def __init__(self, heavy: Lane | None = None, light: Lane | None = None) -> None:
        self._heavy = heavy or Lane(HEAVY_RUNNING, HEAVY_WAITING)
        self._light = light or Lane(LIGHT_RUNNING, LIGHT_WAITING)

    def admitted(self, *, heavy: bool = True) -> AbstractContextManager[None]:
        """A place. Raises `Busy` when too many wait, or when it has waited too long."""
        return (self._heavy if heavy else self._light).admitted()
