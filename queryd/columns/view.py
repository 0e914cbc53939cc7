"""The chosen rows of one block, and what they observe."""

import numpy as np
from numpy.typing import NDArray

from queryd.columns.blocks import Array, Block
from queryd.columns.names import Codes
from shared.columns import FAILED, GENERATE

OBSERVED = ("latency_ms", "ttft_ms", "output_speed")
"""What percentiles are told of, over succeeded, generating requests in which it is positive.

`output_speed` is output tokens a second after the first byte: output ÷ (latency - ttft), where the output, the time to
the first byte and what follows it are all positive.
"""

Mask = NDArray[np.bool_]

OBSERVED_COLUMNS = {
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "output_speed": ("latency_ms", "ttft_ms", "output_tokens"),
}

_SLOWEST, _FASTEST = np.float32(2.0**-24), np.float32(2.0**39)  # tokens a second
_SPEED_BASE = int(_SLOWEST.view(np.uint32))


DENSE_SHARE = 0.5
"""If more of a block's rows are chosen, all are worked through: to pick rows costs as much as to work on them."""


class View:
    """Some rows of a block, the chosen ones of which count.

    `mask` says which those are (None: all of them); `size` is how many rows there are, `count` how many count.
    """

    def __init__(self, block: Block, mask: Mask | None) -> None:
        self.block = block
        self.count = block.rows if mask is None else int(np.count_nonzero(mask))
        is_dense = self.count > block.rows * DENSE_SHARE
        self.mask = mask if is_dense else None
        self._picked: Codes | None = None if mask is None or is_dense else np.flatnonzero(mask)
        self.size = block.rows if is_dense else self.count
        self._columns: dict[str, Array | int] = {}

    def column(self, name: str) -> Array | int:
        """A column, a value a row, or the one value of all rows."""
        found = self._columns.get(name)
        if found is None:
            values = self.block.column(name)
            found = values if self._picked is None or isinstance(values, int) else values.take(self._picked)
            self._columns[name] = found
        return found

    def observed(self, name: str) -> tuple[Array, Mask]:
        """For each row an observation, as an ordered integer below 2**32, and whether it is one that counts."""
        values = self._spread(OBSERVED_COLUMNS[name][0])
        if name != "output_speed":
            return values, self._counting() & (values > 0)
        ttft, output = self._spread("ttft_ms"), self._spread("output_tokens")
        has_speed = self._counting()
        has_speed &= values > ttft
        has_speed &= ttft > 0
        has_speed &= output > 0
        return _speed_codes(output, values, ttft), has_speed

    def _spread(self, name: str) -> Array:
        """A column as one value a row."""
        values = self.column(name)
        if isinstance(values, int):
            return np.broadcast_to(np.min_scalar_type(values).type(values), (self.size,))
        return values

    def _counting(self) -> Mask:
        """Which rows are chosen, succeeded and generated."""
        flags = self._spread("flags")
        counting: Mask = (flags & np.uint8(FAILED | GENERATE)) == GENERATE
        if self.mask is not None:
            counting &= self.mask
        return counting


def _speed_codes(output: Array, latency: Array, ttft: Array) -> NDArray[np.uint32]:
    """Output speeds as integers in the same order (`speed` reads them); anything where there is none.

    They are the bits of a float32, counted from the slowest: an order statistic of rounded values is the rounded order
    statistic, so a percentile is exact to seven digits.
    """
    exact = output * 1_000.0
    with np.errstate(divide="ignore", invalid="ignore"):
        exact /= latency - ttft
    speeds = exact.astype(np.float32)
    np.fmax(speeds, _SLOWEST, out=speeds)
    np.fmin(speeds, _FASTEST, out=speeds)
    codes = speeds.view(np.uint32)
    codes -= np.uint32(_SPEED_BASE)
    return codes


def speed(code: int) -> float:
    """The output speed that a code stands for, tokens a second to seven digits."""
    return float(f"{np.uint32(code + _SPEED_BASE).view(np.float32):.7g}")
