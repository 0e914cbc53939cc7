"""What only the collecting thread may do, done for the worker between two rounds: it alone gives inbox ids."""

import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

_LOOK_SECONDS = 0.25

Job = Callable[[sqlite3.Connection], int]
"""Gets the collector's connection."""


class Handover:
    """`call` by the worker, `run_one` by the collector. Jobs are bounded to some milliseconds, as its tasks are."""

    def __init__(self) -> None:
        self._jobs: deque[tuple[Future[int], Job]] = deque()

    def call(self, job: Job, waiting: Callable[[], Any]) -> int:
        """Have `job` done; gives or raises what it does. `waiting()` is called meanwhile, and may raise."""
        future: Future[int] = Future()
        self._jobs.append((future, job))
        while True:
            try:
                return future.result(_LOOK_SECONDS)
            except TimeoutError:
                if future.done():
                    raise  # the job's own
                try:
                    waiting()
                except BaseException:
                    future.cancel()
                    raise

    def run_one(self, connection: sqlite3.Connection) -> bool:
        """Do the oldest job, if there is one; what it raises is the caller's."""
        if not self._jobs:
            return False
        future, job = self._jobs.popleft()
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(job(connection))
            except Exception as error:  # noqa: BLE001 - it is raised where the job comes from
                future.set_exception(error)
        return True
