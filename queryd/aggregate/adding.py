"""The sums of one question: those that are remembered of blocks, and those that a scan adds."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from queryd.aggregate.cache import ByteLruCache
from queryd.aggregate.grid import Grid, add_up, merged, union
from queryd.aggregate.part import ChunkKey, Part
from queryd.aggregate.sums import NO_ROWS, Sums


@dataclass(frozen=True, slots=True)
class FullChunkSums:
    """What these chunks add up to together: of forty chunks with the same cells a fortieth is kept."""

    chunks: frozenset[ChunkKey | None]
    sums: Sums

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return self.sums.nbytes + 100 * len(self.chunks)


class Adding:
    """The sums of one question. `signature` names its filters and axes, `names` what is added up."""

    def __init__(
        self, parts: Sequence[Part], signature: Hashable, axes: int, names: tuple[str, ...], cache: ByteLruCache
    ) -> None:
        self._parts, self._signature, self._axes, self._names, self._cache = parts, signature, axes, names, cache
        self._full = [part.key for part in parts if part.is_full]
        self._together = FullChunkSums(frozenset(), NO_ROWS)
        if self._full:
            known = cache.get(self._key, FullChunkSums)
            if known is not None and known.chunks <= {*self._full}:
                self._together = known
        self._found: dict[ChunkKey | None, Sums] = {}
        for part in parts:
            sums = None if part.is_full or part.key is None else cache.get((part.key, signature, names), Sums)
            if sums is not None:
                self._found[part.key] = sums

    def wants(self, part: Part) -> bool:
        """Whether its sums are not known yet."""
        return part.key not in self._together.chunks and part.key not in self._found

    def add(self, part: Part, sums: Sums) -> None:
        self._found[part.key] = sums
        if part.key is not None and not part.is_full:
            self._cache.put((part.key, self._signature, self._names), sums)

    def grid(self) -> Grid:
        """All of them by cell."""
        known = self._together
        if known.chunks != {*self._full}:
            new = [self._found.pop(key) for key in self._full if key not in known.chunks]
            known = FullChunkSums(frozenset(self._full), merged([known.sums, *new], self._names))
            self._cache.put(self._key, known)
        found = [sums for sums in (known.sums, *self._found.values()) if sums is not NO_ROWS]
        codes, size, places = union([sums.axes for sums in found], self._axes)
        return Grid(codes, size, add_up(found, places, size, self._names), {})

    @property
    def _key(self) -> Hashable:
        return ("full", self._signature, self._names, self._full[0])
