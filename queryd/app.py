"""The route table: which path answers which question, and what every request passes through."""

import re
from pathlib import Path

import falcon

from queryd import endpoints, errors
from queryd.connections import Connections
from queryd.desk import Desk
from queryd.endpoints import API
from queryd.engine.scan import Reader
from queryd.middleware import AccessLog, Compression, SafetyHeaders
from queryd.questions.breakdown import breakdown
from queryd.questions.events import events
from queryd.questions.filters import filters
from queryd.questions.heatmap import heatmap
from queryd.questions.latency import latency
from queryd.questions.live import live
from queryd.questions.summary import summary
from queryd.questions.timeseries import timeseries
from queryd.resources.document import DocumentResource
from queryd.resources.event import EventResource
from queryd.resources.health import HealthResource, ReadyResource
from queryd.resources.question import QuestionResource
from queryd.resources.status import StatusResource, VersionResource
from queryd.state.problems import Place
from queryd.static_files import DIST, StaticFiles, frame_ancestors
from shared.clock import Clock
from shared.settings import Settings

App = falcon.App[falcon.Request, falcon.Response]


def create_app(settings: Settings, connections: Connections, clock: Clock, dist: Path = DIST) -> App:
    """Everything wired. Paths are below APP_BASE_PATH, which the server takes off (`waitress`, `url_prefix`)."""
    place = place_of(settings)
    desk = Desk(connections, Reader(), settings.tz, clock)
    app: App = falcon.App(
        middleware=[AccessLog(), SafetyHeaders(frame_ancestors(settings.cpa_public_url)), Compression()]
    )
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app)

    app.add_sink(
        StaticFiles(dist, base_path=settings.app_base_path, cpa_public_url=settings.cpa_public_url), prefix="/"
    )
    app.add_sink(_no_such_question, prefix=re.compile(r"/api(?:/|$)"))
    ready = ReadyResource(desk, place)
    for path, resource in (
        ("/healthz", HealthResource()),
        ("/readyz", ready),
        (API + endpoints.HEALTH.path, HealthResource()),
        (API + endpoints.READY.path, ready),
        (API + endpoints.SUMMARY.path, QuestionResource(desk, endpoints.SUMMARY, summary)),
        (API + endpoints.TIMESERIES.path, QuestionResource(desk, endpoints.TIMESERIES, timeseries)),
        (API + endpoints.BREAKDOWN.path, QuestionResource(desk, endpoints.BREAKDOWN, breakdown)),
        (API + endpoints.HEATMAP.path, QuestionResource(desk, endpoints.HEATMAP, heatmap)),
        (API + endpoints.LATENCY.path, QuestionResource(desk, endpoints.LATENCY, latency)),
        (API + endpoints.LIVE.path, QuestionResource(desk, endpoints.LIVE, live)),
        (API + endpoints.EVENTS.path, QuestionResource(desk, endpoints.EVENTS, events)),
        (API + endpoints.EVENT.path, EventResource(desk)),
        (API + endpoints.FILTERS.path, QuestionResource(desk, endpoints.FILTERS, filters)),
        (API + endpoints.STATUS.path, StatusResource(desk, place)),
        (API + endpoints.VERSION.path, VersionResource()),
        (API + "/openapi.json", DocumentResource()),
    ):
        app.add_route(path, resource)
    return app


def place_of(settings: Settings) -> Place:
    """What of the settings the status tells."""
    return Place(
        database=settings.database,
        zone=settings.tz,
        cpa_url=management_page(settings.cpa_public_url),
        open_to_network=not settings.auth_required and not is_loopback(settings.app_host),
    )


def management_page(cpa_public_url: str) -> str | None:
    """CPA's own page, for the way back; None when it is on the dashboard's origin."""
    if not cpa_public_url:
        return None
    return cpa_public_url if cpa_public_url.endswith("/management.html") else f"{cpa_public_url}/management.html"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`; an empty host is every interface."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _no_such_question(req: falcon.Request, resp: falcon.Response, **_: str) -> None:
    del resp
    raise falcon.HTTPRouteNotFound(description=req.path)
