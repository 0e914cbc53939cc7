"""Partial results of chunks, kept while there is room. A chunk never changes, so neither does what it adds."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from queryd.tally import Partial

CAPACITY = 24 * 1024 * 1024
"""Bytes kept at most."""

SHARE = 2
"""A question whose partial results would fill more than this part (1 / SHARE) of the cache keeps none: going through
more than fits would only push out what others come back for."""


class Partials:
    """A cache that forgets what was not asked for longest. Safe to use from several threads.

    None stands for "nothing known"; a chunk without matching rows is known as `EMPTY`.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Partial | None] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> tuple[bool, Partial | None]:
        """Whether `key` is known, and what is known of it (None: no rows)."""
        with self._lock:
            if key not in self._kept:
                return False, None
            self._kept.move_to_end(key)
            return True, self._kept[key]

    def put(self, key: Hashable, partial: Partial | None) -> None:
        with self._lock:
            if key in self._kept:
                self._bytes -= _size(self._kept.pop(key))
            self._kept[key] = partial
            self._bytes += _size(partial)
            while self._bytes > self.capacity:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= _size(oldest)


def _size(partial: Partial | None) -> int:
    return 500 if partial is None else partial.nbytes
