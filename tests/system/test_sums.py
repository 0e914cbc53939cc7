"""Whatever is asked, in any zone, while events arrive and chunks are sealed: the answer equals plain SQL."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
import pytest

from queryd import version
from shared.columns import TAIL_ROWS
from tests.daemons import Daemon, free_port
from tests.ingestd.conftest import payload
from tests.queryd import oracle
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

ZONES = ("Asia/Shanghai", "UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu")
EVENTS = 20_000
BURST = 500
BEGINS = datetime(2025, 10, 20, tzinfo=UTC)
DAYS = 24
"""New York's clock falls back on 2025-11-02, within them."""

FAMILIES = (
    ("claude", "ClaudeExecutor", "claude-opus-4-6", "POST /v1/messages", "claude-cli/2.1.220 (external, cli)"),
    ("claude", "ClaudeExecutor", "claude-haiku-4-5", "POST /v1/messages", "Cursor/1.9"),
    ("codex", "CodexExecutor", "gpt-5.4", "POST /v1/responses", "codex_cli_rs/0.140.0 (Ubuntu 24.4.0; x86_64)"),
    ("gemini", "GeminiExecutor", "gemini-2.5-pro", "POST /v1beta/models/*action", "google-genai-sdk/1.30.0"),
    ("openai-compatible-local", "OpenAICompatExecutor", "!nobody sells it", "POST /v1/chat/completions", ""),
)
METRICS = (
    "requests,failed,input_tokens,total_tokens,cost_nanos,unpriced_requests,success_rate,cache_hit_rate,"
    "latency_p50_ms,latency_p99_ms,ttft_p90_ms,output_speed_p50"
)


def traffic(chance):
    """Distinct requests in the order in which they arrive: every tenth comes up to five days late."""
    span = timedelta(days=DAYS) / timedelta(microseconds=1)
    arriving = []
    for number in range(EVENTS):
        at = int(number / EVENTS * span)
        late = chance.uniform(0, 5 / DAYS) * span if chance.random() < 0.1 else 0
        arriving.append((at + late, at, number))
    return [request(chance, at, number) for _, at, number in sorted(arriving)]


def request(chance, at, number):
    provider, executor, model, endpoint, agent = chance.choices(FAMILIES, (5, 2, 4, 2, 1))[0]
    failed = chance.random() < 0.08
    into, out = (0, 0) if failed or chance.random() < 0.02 else (chance.randrange(200_000), chance.randrange(9_000))
    read, reasoning = chance.randint(0, into), chance.randint(0, out)
    latency = chance.randrange(90_000)
    return payload(
        number,
        timestamp=(BEGINS + timedelta(microseconds=at)).isoformat(timespec="microseconds"),
        provider=provider,
        executor_type=executor,
        model=model,
        alias=model,
        endpoint=endpoint,
        user_agent=agent,
        api_key=f"sk-made-up-client-key-{chance.randrange(7)}",
        auth_index=f"{chance.randrange(11):016x}",
        reasoning_effort=chance.choice(("", "high", "xhigh")),
        service_tier=chance.choice(("auto", "auto", "priority")),
        failed=failed,
        fail={"status_code": chance.choice((429, 500, 503)) if failed else 200, "body": ""},
        generate=chance.random() > 0.05,
        latency_ms=latency,
        ttft_ms=chance.randint(0, latency),
        tokens={
            "input_tokens": into,
            "output_tokens": out,
            "reasoning_tokens": reasoning,
            "cached_tokens": read,
            "cache_read_tokens": read,
            "cache_read_tokens_present": True,
            "cache_creation_tokens": 0,
            "total_tokens": into + out,
        },
    )


class Inquiry:
    """Questions drawn at random, each put to the queryd of a random zone and to SQL at the same moment."""

    def __init__(self, chance, database, urls):
        self._chance = chance
        self._urls = urls
        self._client = httpx.Client(timeout=30, trust_env=False)
        self._reader = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, isolation_level=None)
        self.moments = set()

    def close(self):
        self._client.close()
        self._reader.close()

    def ask_something(self, *, everything=False):
        zone = self._chance.choice(ZONES)
        kind = self._chance.choice((self._summary, self._timeseries, self._breakdown, self._heatmap))
        kind(zone, self._filters(), self._range(ZoneInfo(zone), everything=everything))

    def _range(self, zone, *, everything):
        """A stretch of time: some hours, some days, or all of it; local dates or moments of any offset."""
        if everything:
            return {"from": "2025-10-01", "to": "2025-12-01"}
        if self._chance.random() < 0.5:
            first = date(2025, 10, 19) + timedelta(days=self._chance.randrange(DAYS))
            return {"from": str(first), "to": str(first + timedelta(days=self._chance.randint(1, 9)))}
        first = (BEGINS + timedelta(minutes=self._chance.randrange(DAYS * 24 * 60))).astimezone(zone)
        last = first + timedelta(seconds=self._chance.randint(600, 3 * 86_400))
        return {"from": first.isoformat(), "to": last.astimezone(UTC).isoformat()}

    def _filters(self):
        known = {
            "model": [family[2].replace("!", "\\!") for family in FAMILIES],
            "provider": [family[0] for family in FAMILIES],
            "endpoint": [family[3] for family in FAMILIES],
            "api_key": [str(number) for number in range(1, 9)],
            "credential": [str(number) for number in range(1, 12)],
            "client": ["claude-cli/2.1", "Cursor/1.9", "codex_cli_rs/0.140", ""],
            "result": ["succeeded", "failed"],
            "status": ["200", "429", "500"],
            "reasoning_effort": ["", "high"],
            "service_tier": ["auto", "priority"],
        }
        chosen = self._chance.sample(sorted(known), self._chance.choice((0, 0, 1, 2)))
        return {
            name: [
                self._chance.choice(("", "!")) + value
                for value in self._chance.sample(known[name], self._chance.randint(1, 2))
            ]
            for name in chosen
        }

    def _put(self, path, zone, filters, range_, **parameters):
        """An answer, and the rows of its selection, of one and the same revision."""
        pairs = [(name, value) for name, values in filters.items() for value in values]
        url = f"{self._urls[zone]}/api/v1{path}?{urlencode([*pairs, *(range_ | parameters).items()])}"

        def same_moment():
            self._reader.execute("begin")
            try:
                seen = version.read(self._reader)
                response = self._client.get(url)
                assert response.status_code == 200, (url, response.text)
                answer = response.json()
                if answer["revision"] != str(seen):
                    return None
                start, end = (_microseconds(answer["selection"][name]) for name in ("from", "to"))
                return answer, oracle.rows(self._reader, start, end, filters)
            finally:
                self._reader.execute("rollback")

        answer, rows = eventually(same_moment, f"one revision for {url}")
        self.moments.add(answer["revision"])
        return answer, rows, url

    def _summary(self, zone, filters, range_):
        answer, rows, url = self._put("/summary", zone, filters, range_, sparkline="9")
        equal(answer["metrics"], oracle.metrics(rows, answer["selection"]["elapsed_seconds"] / 60), url)
        for name in ("requests", "total_tokens", "cost_nanos"):
            assert sum(value or 0 for value in answer["sparkline"][name]) == answer["metrics"][name], url

    def _breakdown(self, zone, filters, range_):
        by = self._chance.choice(("model", "provider", "api_key", "credential", "endpoint", "client", "status"))
        answer, rows, url = self._put("/breakdown", zone, filters, range_, by=by, limit="3", sort="-cost_nanos")
        minutes = answer["selection"]["elapsed_seconds"] / 60
        groups = oracle.grouped(rows, [getattr(row, by) for row in rows])
        assert answer["rows_total"] == len(groups), url
        for row in answer["rows"]:
            equal(row["metrics"], oracle.metrics(groups.pop(row["group"]["id"]), minutes), url)
        rest = [row for group in groups.values() for row in group]
        assert (answer["other"] is None) == (not rest), url
        if rest:
            equal(answer["other"]["metrics"], oracle.metrics(rest, minutes), url)
        equal(answer["total"], oracle.metrics(rows, minutes), url)

    def _timeseries(self, zone, filters, range_):
        granularity = self._chance.choice(("auto", "hour", "day", "week", "month"))
        parameters = {"granularity": granularity, "metrics": METRICS}
        group = self._chance.choice((None, "model", "provider", "api_key", "result"))
        if group:
            parameters |= {"group_by": group, "top": "2"}
        answer, rows, url = self._put("/timeseries", zone, filters, range_, **parameters)
        place, unit = ZoneInfo(zone), answer["granularity"]
        leading = {series["group"]["id"] for series in answer["series"] if series["group"]}
        cells = oracle.grouped(
            rows,
            [
                (
                    oracle.bucket(row.at, unit, place),
                    value if (value := group and getattr(row, group)) in leading else None,
                )
                for row in rows
            ],
        )
        for series in answer["series"]:
            of = series["group"] and series["group"]["id"]
            for number, start in enumerate(answer["buckets"]):
                key = (oracle.bucket(_microseconds(start), unit, place), of)
                expected = _flat(oracle.metrics(cells.pop(key, []), 0))
                found = {name: column[number] for name, column in series["metrics"].items()}
                equal(found, {name: expected[name] for name in METRICS.split(",")}, url)
        assert not cells, url

    def _heatmap(self, zone, filters, range_):
        x, y = self._chance.sample(("hour", "weekday", "day", "model"), 2)
        answer, rows, url = self._put("/heatmap", zone, filters, range_, x=x, y=y, metric="total_tokens")
        place = ZoneInfo(zone)

        def label(row, axis):
            moment = oracle.wall_clock(row.at, place)
            times = {"hour": moment.hour, "weekday": moment.isoweekday(), "day": moment.date().isoformat()}
            return times.get(axis, row.model)

        cells = oracle.grouped(rows, [(label(row, x), label(row, y)) for row in rows])
        columns, lines = (
            [value["id"] if isinstance(value, dict) else value for value in answer[side]] for side in ("x", "y")
        )
        for line, values in zip(lines, answer["cells"], strict=True):
            for column, value in zip(columns, values, strict=True):
                expected = oracle.metrics(cells.pop((column, line), []), 0)["total_tokens"]
                assert (value or 0) == expected, url
        assert not cells, url


def _microseconds(text):
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _flat(figures):
    """The oracle's figures under the names that a series gives them."""
    for name, short in (
        ("latency_ms", "latency_{}_ms"),
        ("ttft_ms", "ttft_{}_ms"),
        ("output_speed", "output_speed_{}"),
    ):
        figures |= {short.format(percent): value for percent, value in figures[name].items()}
    return figures


def equal(found, expected, url):
    """Counts and sums to the last digit, rates to the last bit or so."""
    for name, value in expected.items():
        if isinstance(value, dict):
            equal(found[name], value, url)
        elif isinstance(value, float):
            assert found[name] == pytest.approx(value, rel=1e-12), (name, url)
        else:
            assert found[name] == value, (name, url)


@pytest.fixture
def queryd_of(tmp_path):
    """A queryd for each zone, all on one file: their URLs by zone."""
    running: list[Daemon] = []

    def start(keeper):
        urls = {}
        for zone in ZONES:
            port = free_port()
            settings = keeper.installation.settings | {"TZ": zone, "APP_PORT": str(port)}
            running.append(Daemon("queryd", settings, tmp_path / f"queryd-{len(running)}.out").start())
            urls[zone] = f"http://127.0.0.1:{port}"
        return urls

    yield start
    for daemon in running:
        daemon.kill()


def test_every_answer_equals_plain_sql_while_late_events_arrive_and_chunks_are_sealed(cpa, keep, queryd_of):
    chance = random.Random("sums")
    arriving = traffic(chance)
    keeper = keep(cpa)
    keeper.ingestd.start()
    urls = queryd_of(keeper)
    eventually(lambda: all(map(_ready, urls.values())), "every queryd is ready")
    cpa.publish(arriving[0])
    keeper.wait_settled(1)
    with closing(Inquiry(chance, keeper.database, urls)) as inquiry:
        for first in range(1, EVENTS, BURST):
            cpa.publish_many(arriving[first : first + BURST])
            inquiry.ask_something()
        keeper.wait_settled(EVENTS)
        assert keeper.number("select sum(rows) from chunk") == EVENTS // TAIL_ROWS * TAIL_ROWS
        assert keeper.stored == EVENTS
        for number in range(24):
            inquiry.ask_something(everything=number % 3 == 0)
        assert len(inquiry.moments) > 10
    assert keeper.ingestd.stop() == 0


def _ready(url):
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False
