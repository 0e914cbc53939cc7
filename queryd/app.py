"""The whole application, wired: routes, and what every request passes through."""

import re
from pathlib import Path

import falcon
from prometheus_client import CollectorRegistry

from queryd import errors, openapi, routes, shapes
from queryd.admission import Admission
from queryd.aggregate.snapshot import Reader
from queryd.callers import Callers
from queryd.connections import Connections
from queryd.context import QueryContext
from queryd.endpoints import Endpoint, Server
from queryd.hosts import allowed_hosts, is_loopback
from queryd.metrics_page import Installation, MetricsPage, QueryTimes
from queryd.middleware import AccessLog, CallerIdentity, Compression, HostCheck, SafetyHeaders, SameOrigin, SessionCheck
from queryd.resources.document import document
from queryd.sessions import COOKIE, Sessions
from queryd.state.problems import Place
from queryd.static_files import DIST, StaticFiles, frame_ancestors
from queryd.writer import Writer
from shared.clock import Clock
from shared.settings import Settings

App = falcon.App[falcon.Request, falcon.Response]


def create_app(
    settings: Settings, connections: Connections, clock: Clock, dist: Path = DIST, writer: Writer | None = None
) -> App:
    """Everything wired. Paths are below APP_BASE_PATH, which the server takes off (`waitress`, `url_prefix`)."""
    context = QueryContext(connections, Reader(), settings.tz, clock)
    writer = writer or Writer(connections)
    sessions = Sessions(
        connections,
        writer,
        password=settings.login_password,
        ttl=settings.auth_session_ttl,
        required=settings.auth_required,
        cookie=f"{COOKIE}_{settings.app_port}",
    )
    server = Server(context, writer, place_of(settings, clock()), Admission(), sessions, settings.app_base_path or "/")
    # With a login, a name of strangers is of no use to them: the browser sends it no cookie of ours.
    more_hosts = ("*",) if settings.auth_required else settings.app_allowed_hosts
    hosts = allowed_hosts(settings.app_host, settings.cpa_public_url, more_hosts)
    registry = CollectorRegistry()
    registry.register(Installation(server))
    app: App = falcon.App(
        middleware=[
            AccessLog(),
            QueryTimes(registry),
            CallerIdentity(Callers(settings.trusted_proxy_cidrs)),
            SafetyHeaders(
                frame_ancestors(settings.cpa_public_url), https_only=not settings.cpa_public_url.startswith("http:")
            ),
            Compression(),
            HostCheck(hosts),
            SameOrigin(settings.app_allowed_hosts),
            SessionCheck(sessions, clock, routes.OPEN_PATHS),
        ]
    )
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app)
    app.add_sink(
        StaticFiles(dist, base_path=settings.app_base_path, cpa_public_url=settings.cpa_public_url), prefix="/"
    )
    app.add_sink(_no_such_question, prefix=re.compile(r"/api(?:/|$)"))
    described = Endpoint(
        "GET", "/openapi.json", document(openapi.text().encode()), shapes.Answer, "This document", tagged=True
    )
    app.add_route("/metrics", MetricsPage(server, registry, settings.metrics_token))
    routes.add_to(app, server, (*routes.ENDPOINTS, described))
    return app


def place_of(settings: Settings, now: int) -> Place:
    """What of the settings the status tells."""
    return Place(
        database=settings.database,
        zone=settings.tz,
        cpa_url=management_page(settings.cpa_public_url),
        login=settings.auth_required,
        open_to_network=open_to_network(settings),
        env_file=settings.env_file,
        update_url=settings.update_url,
        started_at=now,
        readings=settings.readings,
        queue_address=f"{settings.queue_host}:{settings.queue_port}",
        event_retention_days=settings.event_retention_days,
        backup_enabled=settings.backup_enabled,
        backup_interval=settings.backup_interval,
        quota_auto_refresh=settings.quota_auto_refresh_enabled,
        quota_auto_refresh_interval=settings.quota_auto_refresh_interval,
    )


def open_to_network(settings: Settings) -> bool:
    """Whether other machines reach the dashboard and nothing asks them for a password."""
    return not settings.auth_required and not is_loopback(settings.app_host)


def management_page(cpa_public_url: str) -> str | None:
    """CPA's own page, for the way back; None when it is on the dashboard's origin."""
    if not cpa_public_url:
        return None
    return cpa_public_url if cpa_public_url.endswith("/management.html") else f"{cpa_public_url}/management.html"


def _no_such_question(req: falcon.Request, resp: falcon.Response, **_: str) -> None:
    del resp
    raise falcon.HTTPRouteNotFound(description=req.path)
