"""How many payloads to ask for, so that a reply stays small enough to hold whatever the payloads weigh."""

from collections.abc import Sequence
from typing import Final

REPLY_BYTES: Final = 4 * 1024 * 1024
"""What a reply should weigh at most."""
_FIRST_GUESS: Final = 16 * 1024
"""Bytes of a payload while none has been seen: several times an ordinary one."""
_SAFETY: Final = 2


class PopSize:
    """Estimates the size of a payload from those seen.

    Errors with long bodies and headers come in bursts, so it forgets slowly.
    """

    def __init__(self) -> None:
        self._bytes_each = float(_FIRST_GUESS)

    def count(self, limit: int) -> int:
        """How many to ask for, from 1 to `limit`."""
        return max(1, min(limit, int(REPLY_BYTES / (self._bytes_each * _SAFETY))))

    def learn(self, payloads: Sequence[bytes]) -> None:
        """Learn from a reply."""
        if payloads:
            mean = sum(map(len, payloads)) / len(payloads)
            self._bytes_each = max(1.0, mean, self._bytes_each * 0.75 + mean * 0.25)
