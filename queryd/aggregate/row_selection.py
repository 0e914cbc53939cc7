"""The chosen rows of one block, and what they observe."""

from struct import Struct

import numpy as np
from numpy.typing import ArrayLike, NDArray

from queryd.aggregate.costs import KINDS, MARKED_BITS, ChargeTable
from queryd.storage.chunks import Array, Block
from queryd.storage.dictionary import Codes
from shared.columns import FAILED, GENERATE

OBSERVED = ("latency_ms", "ttft_ms", "output_speed")
"""What percentiles are told of, over succeeded, generating requests in which it is positive.

`output_speed` is output tokens a second after the first byte: output ÷ (latency - ttft), where the output, the time to
the first byte are positive, and at least AT_ONCE_MS follow it: an answer that comes all at once says nothing of speed.
"""

AT_ONCE_MS = 100

Mask = NDArray[np.bool_]

OBSERVED_COLUMNS = {
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "output_speed": ("latency_ms", "ttft_ms", "output_tokens"),
}

_SLOWEST, _FASTEST = np.float32(2.0**-24), np.float32(2.0**39)  # tokens a second
_SPEED_BASE = int(_SLOWEST.view(np.uint32)) - 1
_UINT32, _FLOAT32 = Struct("=I"), Struct("=f")


DENSE_SHARE = 0.5
"""If more of a block's rows are chosen, all are worked through: to pick rows costs as much as to work on them."""


class RowSelection:
    """Some rows of a block, the chosen ones of which count.

    `mask` says which those are (None: all of them); `size` is how many rows there are, `count` how many count.
    """

    def __init__(self, block: Block, mask: Mask | None, charged: ChargeTable | None = None) -> None:
        self.block = block
        self._charged = charged
        self.count = block.rows if mask is None else int(np.count_nonzero(mask))
        is_dense = self.count > block.rows * DENSE_SHARE
        self.mask = mask if is_dense else None
        self._picked: Codes | None = None if mask is None or is_dense else np.flatnonzero(mask)
        self.size = block.rows if is_dense else self.count
        self._columns: dict[str, Array | int] = {}
        self._observed: dict[str, Array] = {}
        self._counts: Mask | None = None

    def column(self, name: str) -> Array | int:
        """A column, or what follows from columns (aggregate.costs): a value a row, or the one value of all rows."""
        found = self._columns.get(name)
        if found is None:
            if self._charged is not None and name in KINDS:
                self._columns |= self._charged.kinds(self)
                return self._columns[name]
            if self._charged is not None and name == MARKED_BITS:
                found = self._columns[name] = self._charged.marked(self)
                return found
            values = self.block.column(name)
            found = values if self._picked is None or isinstance(values, int) else values.take(self._picked)
            self._columns[name] = found
        return found

    def observed(self, name: str) -> Array:
        """For each row what it observes, as an ordered integer from 1 to 2**32 - 1; 0: nothing that counts."""
        found = self._observed.get(name)
        if found is None:
            found = self._observed[name] = self._speeds() if name == "output_speed" else self._counted(name)
        return found

    def _counted(self, name: str) -> Array:
        return self._spread(name) * self._counting()

    def _speeds(self) -> NDArray[np.uint32]:
        latency, ttft, output = (self._spread(name) for name in OBSERVED_COLUMNS["output_speed"])
        # In float64: a time to the first byte may be longer than the whole.
        writing = latency.astype(np.float64)
        writing -= ttft.astype(np.float64)  # cast apart: an operation on mixed types takes twice the time
        has_speed = writing >= AT_ONCE_MS
        has_speed &= ttft > 0
        has_speed &= output > 0
        has_speed &= self._counting()
        return _speed_codes(output, writing) * has_speed

    def _spread(self, name: str) -> Array:
        """A column as one value a row."""
        values = self.column(name)
        if isinstance(values, int):
            return np.broadcast_to(np.min_scalar_type(values).type(values), (self.size,))
        return values

    def _counting(self) -> Mask:
        """Which rows are chosen, succeeded and generated."""
        if self._counts is None:
            self._counts = self._compared()
        return self._counts

    def _compared(self) -> Mask:
        flags = self._spread("flags")
        counting: Mask = (flags & np.uint8(FAILED | GENERATE)) == GENERATE
        if self.mask is not None:
            counting &= self.mask
        return counting


def _speed_codes(output: Array, writing: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Speeds of `output` tokens in `writing` milliseconds as integers in the same order (`speed` reads them).

    Where there is no speed it is any number.

    They are the bits of a float32, counted from the slowest: an order statistic of rounded values is the rounded order
    statistic, so a percentile is exact to seven digits.
    """
    exact = output.astype(np.float64)
    exact *= 1_000.0
    with np.errstate(divide="ignore", invalid="ignore"):
        exact /= writing
    return speed_codes(exact)


def speed_codes(exact: ArrayLike) -> NDArray[np.uint32]:
    """The codes of speeds in tokens a second."""
    speeds = np.array(exact, np.float32)
    np.fmax(speeds, _SLOWEST, out=speeds)
    np.fmin(speeds, _FASTEST, out=speeds)
    codes = speeds.view(np.uint32)
    codes -= np.uint32(_SPEED_BASE)
    return codes


def speed(code: int) -> float:
    """The output speed that a code stands for, tokens a second to seven digits."""
    (exact,) = _FLOAT32.unpack(_UINT32.pack(code + _SPEED_BASE))  # NumPy's scalars take three times as long
    return float(f"{exact:.7g}")
