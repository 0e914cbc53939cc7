"""A block that can hold chosen requests, as a scan sees it."""

from typing import Protocol

from queryd.aggregate.row_selection import RowSelection

ChunkKey = tuple[int, tuple[int, int] | None]
"""A chunk's id and revision, and how the range cuts it (None: it does not)."""


class Part(Protocol):
    """`key` tells parts of one range apart; None: the tail, of which nothing is remembered."""

    @property
    def key(self) -> ChunkKey | None: ...

    @property
    def rows(self) -> int: ...

    @property
    def is_full(self) -> bool:
        """Whether it lies wholly within the range, and will never be merged with another."""

    @property
    def is_sealed(self) -> bool:
        """Whether its rows in the range will not change, and are likely to be asked for again."""

    def selected(self) -> RowSelection | None:
        """Its chosen rows; None when there are none. Raises `QueryTimeout`."""
