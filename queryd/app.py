"""The route table: which path answers which question, and what every request passes through."""

from pathlib import Path

import falcon

from queryd import errors
from queryd.connections import Connections
from queryd.middleware import AccessLog, Compression, SafetyHeaders
from queryd.problems import Place
from queryd.resources.health import HealthResource, ReadyResource
from queryd.resources.status import StatusResource, VersionResource
from queryd.static_files import DIST, StaticFiles, frame_ancestors
from shared.clock import Clock
from shared.settings import Settings

API = "/api/v1"

App = falcon.App[falcon.Request, falcon.Response]


def create_app(settings: Settings, connections: Connections, clock: Clock, dist: Path = DIST) -> App:
    """Everything wired. Paths are below APP_BASE_PATH, which the server takes off (`waitress`, `url_prefix`)."""
    place = place_of(settings)
    app: App = falcon.App(
        middleware=[AccessLog(), SafetyHeaders(frame_ancestors(settings.cpa_public_url)), Compression()]
    )
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app)

    app.add_sink(
        StaticFiles(dist, base_path=settings.app_base_path, cpa_public_url=settings.cpa_public_url), prefix="/"
    )
    app.add_sink(_no_such_question, prefix="/api")
    app.add_route("/healthz", HealthResource())
    app.add_route("/readyz", ReadyResource(connections, place, clock))
    app.add_route(f"{API}/healthz", HealthResource())
    app.add_route(f"{API}/readyz", ReadyResource(connections, place, clock))
    app.add_route(f"{API}/status", StatusResource(connections, place, clock))
    app.add_route(f"{API}/version", VersionResource())
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
