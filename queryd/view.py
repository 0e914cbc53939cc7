"""The chosen rows of one block, and what several questions need of them, worked out once."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from queryd.blocks import Array, Block
from queryd.names import Codes
from shared.columns import FAILED, GENERATE

OBSERVED = ("latency_ms", "ttft_ms", "output_speed")
"""What percentiles are told of, over succeeded, generating requests in which it is positive.

`output_speed` is output tokens a second after the first byte: output ÷ (latency - ttft), where the output, the time to
the first byte and what follows it are all positive.
"""

OBSERVED_COLUMNS = {
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "output_speed": ("latency_ms", "ttft_ms", "output_tokens"),
}

_SLOWEST, _FASTEST = np.float32(2.0**-24), np.float32(2.0**39)  # tokens a second
_SPEED_BASE = int(_SLOWEST.view(np.uint32))


@dataclass(slots=True)
class View:
    """`rows`: positions in the block, None: all of them."""

    block: Block
    rows: Codes | None
    _columns: dict[str, Array | int] = field(default_factory=dict)
    _observed: dict[str, tuple[Codes | None, Array]] = field(default_factory=dict)
    _counting: Codes | None = None

    @property
    def count(self) -> int:
        return self.block.rows if self.rows is None else len(self.rows)

    def column(self, name: str) -> Array | int:
        """A column at the chosen rows, or the one value of all of them."""
        found = self._columns.get(name)
        if found is None:
            values = self.block.column(name)
            found = values if self.rows is None or isinstance(values, int) else values.take(self.rows)
            self._columns[name] = found
        return found

    def observed(self, name: str) -> tuple[Codes | None, Array]:
        """Which of the chosen rows have an observation (None: all), and the observations, as ordered integers."""
        if name not in self._observed:
            self._observed[name] = self._speeds() if name == "output_speed" else self._positive(name)
        return self._observed[name]

    def _positive(self, name: str) -> tuple[Codes | None, Array]:
        values = self._of_counting(name)
        if len(values) and not values.min():
            some = np.flatnonzero(values)
            return self._back(some), values.take(some)
        return self._back(None), values

    def _speeds(self) -> tuple[Codes | None, Array]:
        latency, ttft, output = (self._of_counting(name) for name in OBSERVED_COLUMNS["output_speed"])
        some: Codes | None = None
        has_speed = latency > ttft
        has_speed &= ttft > 0
        has_speed &= output > 0
        if not has_speed.all():
            some = np.flatnonzero(has_speed)
            latency, ttft, output = latency.take(some), ttft.take(some), output.take(some)
        return self._back(some), _speed_codes(output, latency, ttft)

    def _of_counting(self, name: str) -> Array:
        """A column at the rows that count for observations."""
        values, counting = self.column(name), self._counted()
        if isinstance(values, int):
            size = self.count if counting is None else len(counting)
            return np.full(size, values, np.uint32 if values < 1 << 32 else np.int64)
        return values if counting is None else values.take(counting)

    def _counted(self) -> Codes | None:
        """The chosen rows that succeeded and generated; None: all of them."""
        if self._counting is None:
            flags = self.column("flags")
            if isinstance(flags, int):
                found = np.arange(self.count if flags & (FAILED | GENERATE) == GENERATE else 0)
            else:
                found = np.flatnonzero((flags & np.uint8(FAILED | GENERATE)) == GENERATE)
            self._counting = found
        return None if len(self._counting) == self.count else self._counting

    def _back(self, some: Codes | None) -> Codes | None:
        """Positions among the counting rows as positions among the chosen ones."""
        counting = self._counted()
        if some is None or counting is None:
            return counting if some is None else some
        return counting.take(some)


def _speed_codes(output: Array, latency: Array, ttft: Array) -> NDArray[np.uint32]:
    """Output speeds as integers in the same order (`speed` reads them).

    They are the bits of a float32, counted from the slowest: an order statistic of rounded values is the rounded order
    statistic, so a percentile is exact to seven digits.
    """
    exact = output * 1_000.0
    exact /= latency - ttft
    speeds = exact.astype(np.float32)
    np.maximum(speeds, _SLOWEST, out=speeds)
    np.minimum(speeds, _FASTEST, out=speeds)
    codes = speeds.view(np.uint32)
    codes -= np.uint32(_SPEED_BASE)
    return codes


def speed(code: int) -> float:
    """The output speed that a code stands for, tokens a second to seven digits."""
    return float(f"{np.uint32(code + _SPEED_BASE).view(np.float32):.7g}")
