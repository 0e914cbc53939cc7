"""What is remembered of chunks, while there is room. A chunk never changes, nor does what it adds to an answer."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Protocol, TypeVar

CAPACITY = 10 * 1024 * 1024
"""Bytes kept at most."""


class Kept(Protocol):
    """Anything that knows how much memory it holds. It must not change."""

    @property
    def nbytes(self) -> int: ...


Part = TypeVar("Part", bound=Kept)


class ByteLruCache:
    """A cache that forgets first what was not asked for longest. Safe to use from several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.nbytes = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable, kind: type[Part]) -> Part | None:
        """What is known under `key`, if it is of this kind."""
        with self._lock:
            found = self._kept.get(key)
            if not isinstance(found, kind):
                return None
            self._kept.move_to_end(key)
            return found

    def drop(self, key: Hashable) -> None:
        """Forget what is known under `key`."""
        with self._lock:
            known = self._kept.pop(key, None)
            if known is not None:
                self.nbytes -= known.nbytes

    def put(self, key: Hashable, value: Kept) -> None:
        """Remember `value`, and forget what there is no room for."""
        with self._lock:
            known = self._kept.pop(key, None)
            self.nbytes += value.nbytes - (known.nbytes if known is not None else 0)
            self._kept[key] = value
            while self.nbytes > self.capacity:
                self.nbytes -= self._kept.popitem(last=False)[1].nbytes
