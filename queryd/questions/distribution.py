"""How latencies, or speeds, are distributed: a histogram and exact percentiles, beside those of the period before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queryd import shapes
from queryd.aggregate.row_selection import OBSERVED
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.envelope import selection_shape, stamp
from queryd.figures import metrics
from queryd.figures.histogram import BOUNDS, Histogram, histogram
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter, choice
from queryd.params.ranges import Span
from queryd.params.selection import COMPARE, SELECTION, Selection

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    COMPARE,
    choice("of", "What is observed, of requests that succeeded and generated.", OBSERVED, "latency_ms"),
)


@dataclass(frozen=True, slots=True)
class _Observed:
    histogram: Histogram
    percentiles: shapes.Percentiles

    def bars(self, beyond: bool) -> dict[str, Any]:
        """The fields of `shapes.Bars`; `beyond`: with a last bar for what is above every bound."""
        counts = [*self.histogram.counts, self.histogram.beyond] if beyond else self.histogram.counts
        return {"counts": counts, "percentiles": self.percentiles}


def distribution(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Distribution:
    """`GET /distribution`. Where anything is above the largest bound, one more bar ends at the largest observation."""
    span = selection.span(*snapshot.bounds())
    before = selection.comparison(span)
    now = _observed(snapshot, selection, span, values["of"])
    then = None if before is None else _observed(snapshot, selection, before, values["of"])
    both = (now,) if then is None else (now, then)
    upper: list[float] = [*BOUNDS[values["of"]]]
    beyond = any(each.histogram.beyond for each in both)
    if beyond:
        upper.append(max(each.percentiles.max or 0 for each in both))
    return shapes.Distribution(
        selection=selection_shape(selection, span),
        of=values["of"],
        upper=upper,
        bars=shapes.Bars(**now.bars(beyond)),
        compare=None
        if before is None or then is None
        else shapes.BarsComparison(
            from_=rfc3339(before.start, selection.zone), to=rfc3339(before.end, selection.zone), **then.bars(beyond)
        ),
        **stamp(snapshot, selection),
    )


def _observed(snapshot: Snapshot, selection: Selection, span: Span, name: str) -> _Observed:
    chosen = snapshot.select(selection.filters, span)
    whole = snapshot.aggregate(chosen, (), Measures(frozenset(), frozenset((name,))))
    return _Observed(histogram(snapshot, chosen, name), metrics.percentiles(whole, name, 0))
