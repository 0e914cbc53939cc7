"""`GET /metrics`: how the keeper does, for Prometheus and whatever reads OpenMetrics.

It is open to whoever may ask the API: to a session where a password is set, to everybody where none is. With
METRICS_TOKEN it is open to that token as well, and to nobody without it or a session: monitoring has no browser. What
comes from loopback is not trusted for that alone, since a reverse proxy on this machine comes from there, too.

Every label is bounded: providers by PROVIDERS_MAX, tasks and routes by their tables.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from time import perf_counter

import falcon
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from queryd.aggregate import grouping
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.endpoints import Server
from queryd.errors import Refusal, Unauthenticated
from queryd.params.ranges import Span
from queryd.questions.status import status
from queryd.sessions import TOKENS_MAX
from queryd.shapes import Status
from queryd.state.collector import Beat, Life, heartbeat
from queryd.state.collector import life as life_of
from shared.clock import MILLISECOND, SECOND

PREFIX = "cpa_keeper"
PROVIDERS_MAX = 20
"""Providers with series of their own, those with most requests first; the rest is `other`."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds. A question is stopped after ten."""

TOKENS = {
    "input": "input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_tokens",
}
"""Kinds by label. Input includes cache reads and writes, output includes reasoning."""


class QueryTimes:
    """How long answers take, by route; a middleware of the app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._histogram = Histogram(
            f"{PREFIX}_query_duration_seconds",
            "Time from a request of the API to its answer.",
            ["route", "method"],
            buckets=BUCKETS,
            registry=registry,
        )

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        started = getattr(req.context, "started", None)
        if started is None or req.uri_template is None or not req.uri_template.startswith("/api/"):
            return  # files of the dashboard, and what is no route: anybody may make up paths
        method = req.method if resp.status_code != HTTPStatus.METHOD_NOT_ALLOWED else "other"
        self._histogram.labels(req.uri_template, method).observe(perf_counter() - started)


class Installation(Collector):
    """What one look at the file says: read anew for each scrape."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        """Raises what a lease raises, before anything is yielded."""
        context, place = self._server.context, self._server.place
        now = context.clock()
        with context.connections.lease() as lease:
            beat = heartbeat(lease.connection)
        life = life_of(beat, place.database.parent, now, self._server.writer.is_locked)
        with context.snapshot() as snapshot:
            in_clear = self._server.sessions.sent_in_clear_at
            told = status(snapshot, beat, life, place, now, password_in_clear=in_clear)
            usage = list(_usage(snapshot))
        yield from _daemons(told, beat, life, now)
        yield from _file(told)
        yield from _backups(told)
        yield from _tasks(told)
        yield from usage

    def describe(self) -> list[Metric]:
        """Nothing: the registry would read the file at the start otherwise."""
        return []


class MetricsPage:
    """The route."""

    def __init__(self, server: Server, registry: CollectorRegistry, token: str) -> None:
        self._server, self._registry, self._token = server, registry, token
        self._one_at_a_time = Lock()

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._check(req)
        resp.content_type = CONTENT_TYPE_LATEST
        resp.set_header("Cache-Control", "no-store")
        with self._one_at_a_time:  # scrapes that pile up would each go through the file
            resp.data = generate_latest(self._registry)  # type: ignore[no-untyped-call]  # it comes without types

    on_head = on_get

    def _check(self, req: falcon.Request) -> None:
        if not self._token and not self._server.sessions.required:
            return
        if self._is_signed_in(req):
            return
        scheme, _, given = (req.get_header("Authorization") or "").partition(" ")
        if not self._token or scheme.lower() != "bearer":
            raise Unauthenticated
        if not hmac.compare_digest(given.strip().encode(), self._token.encode()):
            raise Refusal(401, "unauthenticated", "the token is not METRICS_TOKEN")

    def _is_signed_in(self, req: falcon.Request) -> bool:
        sessions = self._server.sessions
        tokens = req.get_cookie_values(sessions.cookie) or []
        if not sessions.required or not tokens:
            return False
        session = sessions.find(tokens[:TOKENS_MAX], self._server.context.clock())
        return session is not None and session.role == "admin"


def _daemons(told: Status, beat: Beat | None, life: Life, now: int) -> Iterator[Metric]:
    about = {"version": told.version, "python": told.versions.python, "sqlite": told.versions.sqlite}
    yield InfoMetricFamily(f"{PREFIX}_build", "Versions of the program.", about | {"cpa": told.versions.cpa or ""})
    yield _gauge("collector_up", "Whether ingestd collects: 1, or 0.", float(life == "running"))
    problems = GaugeMetricFamily(f"{PREFIX}_problems", "What the status page complains of.", labels=["severity"])
    for severity in ("error", "warning"):
        problems.add_metric([severity], sum(problem.severity == severity for problem in told.problems))
    yield problems
    yield _gauge("lost_requests", "About so many were not collected in the last 30 days.", told.collection.lost)
    untold = sum(gap.lost is None for gap in told.collection.gaps)
    yield _gauge("untold_gaps", "Times of the last 30 days for which it cannot be told.", untold)
    if beat is None:
        return
    yield _gauge("heartbeat_age_seconds", "How long ago ingestd said something.", max(0, now - beat.at) / SECOND)
    if beat.detail is None:
        return
    detail = beat.detail
    yield _gauge("queue_connected", "Whether events can be taken out of CPA: 1, or 0.", float(detail.queue.connected))
    yield _gauge("lag_seconds", "How long the oldest message waits to become an event.", detail.lag_us / SECOND)
    yield _gauge("inbox_pending_messages", "Messages that are no event yet.", detail.inbox.pending)
    yield _gauge("rejected_messages", "Messages that were set aside.", detail.inbox.rejected)
    if detail.queue.last_event_at is not None:
        age = max(0, now - detail.queue.last_event_at) / SECOND
        yield _gauge("last_event_age_seconds", "How long ago the last event came.", age)
    counters = detail.counters
    for name, text, value in (
        ("received_messages", "Messages taken out of CPA since ingestd started.", counters.received),
        ("stored_events", "Events stored since ingestd started.", counters.stored),
        ("duplicate_events", "Messages since ingestd started that were known already.", counters.duplicates),
    ):
        yield CounterMetricFamily(f"{PREFIX}_{name}", text, value)


def _file(told: Status) -> Iterator[Metric]:
    database = told.database
    yield _gauge("events", "Events in the columns of the file.", database.events)
    yield _gauge("database_bytes", "Size of the file.", database.bytes)
    yield _gauge("wal_bytes", "Size of the write-ahead log.", database.wal_bytes)
    if database.disk_free_bytes is not None:
        yield _gauge("disk_free_bytes", "Free space where the file lives.", database.disk_free_bytes)


def _backups(told: Status) -> Iterator[Metric]:
    yield _gauge("backups", "Verified backups that are kept.", told.backups.count)
    if told.backups.newest is not None:
        age = max(0.0, _seconds(told.now) - _seconds(told.backups.newest.made_at))
        yield _gauge("backup_age_seconds", "How long ago the newest backup was made.", age)


def _tasks(told: Status) -> Iterator[Metric]:
    now = _seconds(told.now)
    age = GaugeMetricFamily(f"{PREFIX}_task_age_seconds", "How long ago a task ran last.", labels=["task"])
    took = GaugeMetricFamily(f"{PREFIX}_task_duration_seconds", "How long its last run took.", labels=["task"])
    failed = GaugeMetricFamily(f"{PREFIX}_task_failed", "Whether its last run failed: 1, or 0.", labels=["task"])
    for task in told.tasks:
        age.add_metric([task.name], max(0.0, now - _seconds(task.started_at)))
        took.add_metric([task.name], task.duration_ms / 1_000)
        failed.add_metric([task.name], float(task.outcome == "failed"))
    yield from (age, took, failed)


def _usage(snapshot: Snapshot) -> Iterator[Metric]:
    """Totals of everything there ever was, by provider: columns stay when single requests leave."""
    requests = CounterMetricFamily(f"{PREFIX}_requests", "Requests, failed ones included.", labels=["provider"])
    failed = CounterMetricFamily(f"{PREFIX}_failed_requests", "Requests that failed.", labels=["provider"])
    tokens = CounterMetricFamily(f"{PREFIX}_tokens", "Tokens; kinds overlap.", labels=["provider", "kind"])
    cost = CounterMetricFamily(f"{PREFIX}_cost_dollars", "Cost at API prices.", labels=["provider"])
    first, last = snapshot.bounds()
    if first is not None and last is not None:
        for name, sums in _by_provider(snapshot, Span(first, last + MILLISECOND)):
            requests.add_metric([name], sums["requests"])
            failed.add_metric([name], sums["failed"])
            cost.add_metric([name], sums["cost_nanos"] / 1e9)
            for kind, column in TOKENS.items():
                tokens.add_metric([name, kind], sums[column])
    yield from (requests, failed, tokens, cost)


def _by_provider(snapshot: Snapshot, span: Span) -> Iterator[tuple[str, dict[str, int]]]:
    columns = frozenset({*TOKENS.values(), "cost_nanos", "failed"})
    axis = grouping.dimension("provider", snapshot.names)
    table = snapshot.aggregate(snapshot.select((), span), [axis], Measures(columns))
    names = [snapshot.labels.entity("provider", code).label for code in table.axes[0].tolist()]
    wanted = ("requests", *columns)
    rows = [(name, {column: int(table.sums[column][place]) for column in wanted}) for place, name in enumerate(names)]
    rows.sort(key=lambda row: -row[1]["requests"])
    rest: dict[str, int] = dict.fromkeys(wanted, 0)
    for _, sums in rows[PROVIDERS_MAX:]:
        rest = {column: rest[column] + sums[column] for column in wanted}
    yield from rows[:PROVIDERS_MAX]
    if len(rows) > PROVIDERS_MAX:
        yield "other", rest


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
