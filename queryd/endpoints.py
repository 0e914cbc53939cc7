"""Every endpoint of the API, once: its path, what it answers, what it takes. Routes and OpenAPI both come from here."""

from collections.abc import Sequence
from dataclasses import dataclass

from queryd import shapes
from queryd.parameters import Parameter
from queryd.questions import events, filters

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is below /api/v1. `tagged`: it has an ETag. `unready`: what it answers with a 503, if not an error."""

    path: str
    answer: type[shapes.Answer]
    summary: str
    parameters: Sequence[Parameter] = ()
    path_parameters: Sequence[Parameter] = ()
    tagged: bool = True
    unready: type[shapes.Answer] | None = None

    @property
    def name(self) -> str:
        """The operation's id: `events_id`."""
        return self.path.strip("/").replace("/", "_").replace("{", "").replace("}", "")


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

ENDPOINTS = (EVENTS, EVENT, FILTERS, STATUS, VERSION, HEALTH, READY)
