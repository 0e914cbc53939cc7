"""Every endpoint of the API, once: its path, what it answers, what it takes. Routes and OpenAPI both come from here."""

from collections.abc import Sequence
from dataclasses import dataclass

from queryd import shapes
from queryd.asking.parameters import Parameter
from queryd.questions import breakdown, events, filters, heatmap, latency, live, summary, timeseries
from shared.clock import SECOND

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is below /api/v1. `tagged`: it has an ETag, and a new one every `step` microseconds, if that is given.

    `unready`: what it answers with a 503, if not an error.
    """

    path: str
    answer: type[shapes.Answer]
    summary: str
    parameters: Sequence[Parameter] = ()
    path_parameters: Sequence[Parameter] = ()
    tagged: bool = True
    step: int | None = None
    unready: type[shapes.Answer] | None = None

    @property
    def name(self) -> str:
        """The operation's id: `events_id`."""
        return self.path.strip("/").replace("/", "_").replace("{", "").replace("}", "")


SUMMARY = Endpoint("/summary", shapes.Summary, "The totals, and those of the period before", summary.PARAMETERS)
TIMESERIES = Endpoint("/timeseries", shapes.Timeseries, "Figures over time, by group", timeseries.PARAMETERS)
BREAKDOWN = Endpoint("/breakdown", shapes.Breakdown, "All figures by one dimension", breakdown.PARAMETERS)
HEATMAP = Endpoint("/heatmap", shapes.Heatmap, "One figure by two dimensions", heatmap.PARAMETERS)
LATENCY = Endpoint("/latency", shapes.Latency, "Exact percentiles over time and by model", latency.PARAMETERS)
LIVE = Endpoint("/live", shapes.Live, "The last minutes", live.PARAMETERS, step=5 * SECOND)
EVENTS = Endpoint("/events", shapes.Events, "The request log, a page at a time", events.PARAMETERS)
EVENT = Endpoint(
    "/events/{id}",
    shapes.EventDetail,
    "One request, with all that is known of it",
    path_parameters=(Parameter("id", "The id of a request, as /events gives it."),),
)
FILTERS = Endpoint("/filters", shapes.Filters, "What there is to filter by, most requests first", filters.PARAMETERS)
STATUS = Endpoint("/status", shapes.Status, "What the daemons do and what is wrong", tagged=False)
VERSION = Endpoint("/version", shapes.Version, "Which version answers", tagged=False)
HEALTH = Endpoint("/healthz", shapes.Health, "Whether the process lives", tagged=False)
READY = Endpoint(
    "/readyz", shapes.Readiness, "Whether questions can be answered", tagged=False, unready=shapes.Readiness
)

ENDPOINTS = (
    SUMMARY,
    TIMESERIES,
    BREAKDOWN,
    HEATMAP,
    LATENCY,
    LIVE,
    EVENTS,
    EVENT,
    FILTERS,
    STATUS,
    VERSION,
    HEALTH,
    READY,
)
