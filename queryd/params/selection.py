"""What a question is about: which requests, over which time, seen from now. One parser for every endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from queryd.errors import InvalidParameter
from queryd.params import calendar, parameters, ranges
from queryd.params.calendar import BUCKETS_MAX, GRANULARITIES, Granularity
from queryd.params.parameters import FILTERS, Filter, Parameter, choice
from queryd.params.ranges import PERIOD, Compare, Period, Span

GRANULARITY = choice(
    "granularity",
    f"The length of a bucket. auto: the finest with at most {calendar.AUTO_BUCKETS} buckets.",
    ("auto", *GRANULARITIES),
    "auto",
)

COMPARE = choice(
    "compare",
    "Also answer for the period before (`previous`), or for the same period a week earlier, cut at the same elapsed "
    "time.",
    ("none", "previous", "week"),
    "none",
)

SELECTION: tuple[Parameter, ...] = (*PERIOD, *FILTERS)
"""What every question about requests takes."""

_COMMON = {parameter.name for parameter in (*SELECTION, COMPARE, GRANULARITY)}


@dataclass(frozen=True, slots=True)
class Selection:
    """`now` and all times in UTC epoch microseconds."""

    period: Period
    zone: ZoneInfo
    now: int
    filters: tuple[Filter, ...] = ()
    compare: Compare = "none"
    granularity: Granularity | Literal["auto"] = "auto"

    def span(self, first: int | None, last: int | None) -> Span:
        """The time it covers; `first` and `last` are the earliest and latest event in the file, for `all`."""
        if self.period.start is None:
            return ranges.since_first(first, last, self.period.end, self.zone)
        return Span(self.period.start, self.period.end)

    def comparison(self, span: Span) -> Span | None:
        """What to compare `span` with: the period before, cut at the same elapsed time."""
        return self.period.before(span, self.compare, self.now, self.zone)

    def bucketing(self, span: Span) -> Granularity:
        """The granularity for `span`; raises `InvalidParameter` when that means too many buckets."""
        if self.granularity == "auto":
            return calendar.auto(span.start, span.end)
        if calendar.expected_buckets(span.start, span.end, self.granularity) > BUCKETS_MAX:
            raise InvalidParameter(
                "granularity",
                f"{self.granularity}s are too many buckets for this range: at most {BUCKETS_MAX:,}. Ask for a longer"
                " granularity (auto always fits), or a shorter range.",
            )
        return self.granularity


def parse(
    query_string: str, allowed: Sequence[Parameter], zone: ZoneInfo, now: int
) -> tuple[Selection, dict[str, Any]]:
    """A query string as the selection and the values of the endpoint's own parameters.

    Raises `UnknownParameter` and `InvalidParameter`, which name the parameter.
    """
    values = parameters.read(query_string, allowed)
    selection = Selection(
        ranges.period(values, zone, now),
        zone,
        now,
        parameters.filters(values),
        values.get("compare") or "none",
        values.get("granularity") or "auto",
    )
    return selection, {name: value for name, value in values.items() if name not in _COMMON}
