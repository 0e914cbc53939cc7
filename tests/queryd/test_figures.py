"""Every figure equals plain SQL on the event rows: any range, zone, bucket, group and filter, at any moment."""

from datetime import datetime
from itertools import count, pairwise
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd import seal
from queryd.asking.calendar import instant
from queryd.engine.scan import Reader
from queryd.questions import breakdown, heatmap, latency, live, summary, timeseries
from shared.clock import DAY, HOUR, MINUTE
from shared.error_class import ErrorClass
from tests.queryd import oracle
from tests.queryd.ledger import MODELS, ROUTES, SETTLED_ROWS, Ledger, Spent

ZONES = ("Asia/Shanghai", "UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe")

# New York falls back on 2026-11-01, springs forward on 2026-03-08; Lord Howe moves by half an hour on 2026-10-04.
MOMENTS = tuple(
    instant(datetime.fromisoformat(text))
    for text in (
        "2026-11-03T15:20:00Z",
        "2026-03-10T02:01:07.123456Z",
        "2026-10-05T12:00:00Z",
        "2026-07-31T23:59:59Z",
    )
)
RANGES = ("15m", "1h", "24h", "today", "yesterday", "7d", "30d", "this_week", "last_month", "all")
DIMENSIONS = {
    "model": [*(name.replace("!", "\\!") for name in MODELS), "unknown"],
    "provider": [route[0] for route in ROUTES],
    "credential": ["1", "2", "3", "99"],
    "api_key": ["1", "2", "3"],
    "endpoint": [route[1] for route in ROUTES],
    "client": ["claude-cli/2.1", "codex/0.50"],
    "result": ["succeeded", "failed"],
    "status": ["200", "429", "500"],
    "error_class": [each.label for each in ErrorClass],
    "reasoning_effort": ["high", ""],
    "service_tier": ["auto", "flex", ""],
}
TOKENS = st.one_of(st.integers(0, 300), st.integers(0, 2**21), st.sampled_from([0, 2**40 - 1]))

files = count()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Sealing and merging happen every few events."""
    monkeypatch.setattr(seal, "TAIL_ROWS", 5)
    monkeypatch.setattr(seal, "MERGE_CHUNKS", 3)
    monkeypatch.setattr(seal, "CHUNK_ROWS_MAX", SETTLED_ROWS)


@st.composite
def spent(draw, now: int) -> Spent:
    """An event of the last weeks, most of them of the last days; some are late, some ahead of the clock."""
    reach = draw(st.sampled_from([20 * MINUTE, 26 * HOUR, 3 * DAY, 40 * DAY]))
    failed = draw(st.booleans()) and draw(st.booleans())
    latency = draw(st.integers(0, 50) | st.integers(0, 2**32 - 1))
    return Spent(
        occurred_at=now - draw(st.integers(-10 * MINUTE, reach)),
        model=draw(st.integers(1, 4)),
        route=draw(st.integers(1, 4)),
        api_key=draw(st.integers(1, 3)),
        credential=draw(st.integers(1, 3)),
        client=draw(st.integers(1, 2)),
        failed=failed,
        generate=draw(st.booleans()) or draw(st.booleans()),
        status=draw(st.sampled_from([0, 429, 500])) if failed else 200,
        error_class=draw(st.sampled_from([1, 10, 11])) if failed else 0,
        latency_ms=latency,
        ttft_ms=draw(st.integers(0, latency)),
        input_tokens=draw(TOKENS),
        cache_read_tokens=draw(TOKENS),
        cache_write_tokens=draw(TOKENS),
        output_tokens=draw(TOKENS),
        reasoning_tokens=draw(TOKENS),
        unclassified_tokens=draw(st.sampled_from([0, 0, 7])),
        cost_nanos=draw(st.none() | st.integers(0, 5 * 10**9)),
    )


@st.composite
def filters(draw) -> dict[str, list[str]]:
    chosen = draw(st.lists(st.sampled_from(list(DIMENSIONS)), max_size=2, unique=True))
    return {
        name: [
            draw(st.sampled_from(["", "!"])) + value
            for value in draw(st.lists(st.sampled_from(DIMENSIONS[name]), min_size=1, max_size=2, unique=True))
        ]
        for name in chosen
    }


@st.composite
def histories(draw) -> tuple[int, str, str, dict[str, list[str]], list[list[Spent]]]:
    """Now, a zone, a range, filters, and batches of events in the order in which they arrive."""
    now = draw(st.sampled_from(MOMENTS))
    batches = draw(st.lists(st.lists(spent(now), max_size=9), max_size=5))
    return now, draw(st.sampled_from(ZONES)), draw(st.sampled_from(RANGES)), draw(filters()), batches


def query(filtered: dict[str, list[str]], **others: str) -> str:
    pairs = [(name, value) for name, values in filtered.items() for value in values]
    return urlencode([*pairs, *others.items()])


def plain(answer):
    """An answer as its client reads it."""
    return msgspec.json.decode(msgspec.json.encode(answer))


def microseconds(text: str) -> int:
    return instant(datetime.fromisoformat(text))


def check(found: dict, expected: dict) -> None:
    """Counts and sums are equal to the last digit, rates to the last bit or so."""
    for name, value in expected.items():
        if isinstance(value, dict):
            check(found[name], value)
        elif isinstance(value, float):
            assert found[name] == pytest.approx(value, rel=1e-12), name
        else:
            assert found[name] == value, name


def story(tmp_path, batches):
    """The file after each batch, asked with a warm memory and with none."""
    ledger = Ledger(tmp_path / f"{next(files)}.db")
    try:
        for batch in [*batches, []]:
            ledger.add(batch)
            for reader in (ledger.reader, Reader(SETTLED_ROWS)):
                yield ledger, reader
    finally:
        ledger.close()


def selected(ledger: Ledger, answer: dict, filtered: dict) -> list[oracle.Row]:
    chosen = answer["selection"]
    return oracle.rows(ledger.connection, microseconds(chosen["from"]), microseconds(chosen["to"]), filtered)


def minutes(answer):
    return answer["selection"]["elapsed_seconds"] / 60


relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@relaxed
@given(history=histories())
def test_a_summary_equals_plain_sql(tmp_path, history):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, compare="previous", sparkline="7")
        answer = plain(ledger.ask(summary.summary, summary.PARAMETERS, text, zone=zone, now=now, reader=reader))
        events = selected(ledger, answer, filtered)
        check(answer["metrics"], oracle.metrics(events, minutes(answer)))
        assert sum(value or 0 for value in answer["sparkline"]["cost_nanos"]) == answer["metrics"]["cost_nanos"]
        if range_ == "all":
            assert answer["compare"] is None
            continue
        before = answer["compare"]
        start, end = microseconds(before["from"]), microseconds(before["to"])
        past = oracle.rows(ledger.connection, start, end, filtered)
        check(before["metrics"], oracle.metrics(past, (end - start) / MINUTE))


@relaxed
@given(
    history=histories(),
    granularity=st.sampled_from(["auto", "hour", "day", "week", "month"]),
    group=st.none() | st.sampled_from(list(DIMENSIONS)),
)
def test_a_timeseries_equals_plain_sql_in_every_bucket_and_group(tmp_path, history, granularity, group):
    now, zone, range_, filtered, batches = history
    wanted = ("total_tokens", "requests", "cost_nanos", "success_rate", "latency_p90_ms", "output_speed_p50", "rpm")
    grouping = {"group_by": group, "top": "2"} if group else {}
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, granularity=granularity, metrics=",".join(wanted), **grouping)
        answer = plain(
            ledger.ask(timeseries.timeseries, timeseries.PARAMETERS, text, zone=zone, now=now, reader=reader)
        )
        events = selected(ledger, answer, filtered)
        place = ZoneInfo(zone)
        unit = "hours of Lord Howe" if zone == "Australia/Lord_Howe" else answer["granularity"]
        if unit == "hours of Lord Howe" and answer["granularity"] in {"minute", "hour"}:
            continue  # its clock moves within an hour: test_calendar says what that means
        buckets = [oracle.bucket(microseconds(text), answer["granularity"], place) for text in answer["buckets"]]
        assert len(set(buckets)) == len(buckets)
        leading = [series["group"]["id"] for series in answer["series"] if series["group"]]
        places = [oracle.bucket(event.at, answer["granularity"], place) for event in events]
        groups = [value if (value := group and getattr(event, group)) in leading else None for event in events]
        cells = oracle.grouped(events, zip(places, groups, strict=True))
        edges = [*map(microseconds, answer["buckets"]), microseconds(answer["selection"]["to"])]
        for series in answer["series"]:
            for number, bucket in enumerate(buckets):
                passed = max(0, min(now, edges[number + 1]) - edges[number]) / MINUTE
                expected = oracle.metrics(cells.pop((bucket, series["group"] and series["group"]["id"]), []), passed)
                found = {name: series["metrics"][name][number] for name in wanted}
                if edges[number] > now and not expected["requests"]:
                    assert set(found.values()) == {None}
                    continue
                expected |= {
                    "latency_p90_ms": expected["latency_ms"]["p90"],
                    "output_speed_p50": expected["output_speed"]["p50"],
                }
                check(found, {name: expected[name] for name in wanted})
        assert not cells
        if group:
            totals = {
                name: sum(event.input_tokens + event.output_tokens + event.unclassified_tokens for event in each)
                for name, each in oracle.grouped(events, [getattr(event, group) for event in events]).items()
            }
            assert [totals[name] for name in leading] == sorted(totals.values(), reverse=True)[:2]


@relaxed
@given(
    history=histories(),
    by=st.sampled_from(list(DIMENSIONS)),
    limit=st.integers(1, 4),
    sort=st.sampled_from(["-cost_nanos", "requests", "-latency_p50_ms", "success_rate"]),
)
def test_a_breakdown_equals_plain_sql_in_every_row_and_what_is_left(tmp_path, history, by, limit, sort):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, by=by, limit=str(limit), sort=sort, compare="week")
        answer = plain(ledger.ask(breakdown.breakdown, breakdown.PARAMETERS, text, zone=zone, now=now, reader=reader))
        events = selected(ledger, answer, filtered)
        groups = oracle.grouped(events, [getattr(event, by) for event in events])
        assert answer["rows_total"] == len(groups)
        assert len(answer["rows"]) == min(limit, len(groups))
        past = []
        if answer["compare"]:
            start, end = (microseconds(answer["compare"][key]) for key in ("from", "to"))
            past = oracle.rows(ledger.connection, start, end, filtered)
        for row in answer["rows"]:
            value = row["group"]["id"]
            check(row["metrics"], oracle.metrics(groups.pop(value), minutes(answer)))
            assert row["share"]["requests"] == row["metrics"]["requests"] / len(events)
            if answer["compare"]:
                before = [event for event in past if getattr(event, by) == value]
                check(row["compare"], oracle.metrics(before, (end - start) / MINUTE))
        rest = [event for each in groups.values() for event in each]
        assert (answer["other"] is not None) == bool(rest)
        if rest:
            check(answer["other"]["metrics"], oracle.metrics(rest, minutes(answer)))
            assert answer["other"]["rows"] == len(groups)
        check(answer["total"], oracle.metrics(events, minutes(answer)))


@relaxed
@given(
    history=histories(),
    axes=st.lists(
        st.sampled_from(["hour", "weekday", "day", "model", "error_class"]), min_size=2, max_size=2, unique=True
    ),
    metric=st.sampled_from(["requests", "success_rate", "ttft_p95_ms", "tpm"]),
)
def test_a_heatmap_equals_plain_sql_in_every_cell(tmp_path, history, axes, metric):
    now, zone, range_, filtered, batches = history
    place = ZoneInfo(zone)

    def label(event: oracle.Row, axis: str):
        moment = oracle.wall_clock(event.at, place)
        times = {"hour": moment.hour, "weekday": moment.isoweekday(), "day": moment.date().isoformat()}
        return times[axis] if axis in times else getattr(event, axis)

    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, x=axes[0], y=axes[1], metric=metric, limit="2")
        answer = plain(ledger.ask(heatmap.heatmap, heatmap.PARAMETERS, text, zone=zone, now=now, reader=reader))
        if zone == "Australia/Lord_Howe" and "hour" in axes:
            continue  # its clock moves within an hour: test_calendar says what that means
        columns, lines = (
            [each["id"] if isinstance(each, dict) else each for each in answer[side]] for side in ("x", "y")
        )
        events = selected(ledger, answer, filtered)
        keys = [
            tuple(
                found if (found := label(event, axis)) in names else None
                for axis, names in zip(axes, (columns, lines), strict=True)
            )
            for event in events
        ]
        cells = oracle.grouped(events, keys)
        for y, (line, counts) in enumerate(zip(answer["cells"], answer["requests"], strict=True)):
            for x, (value, requests) in enumerate(zip(line, counts, strict=True)):
                found = oracle.metrics(cells.pop((columns[x], lines[y]), []), 1)
                assert requests == found["requests"]
                if metric != "tpm" and not (value is None and not requests):
                    expected = found["ttft_ms"]["p95"] if metric == "ttft_p95_ms" else found[metric]
                    check({"value": value}, {"value": expected})
        assert not cells


@relaxed
@given(history=histories())
def test_latencies_equal_the_sorted_lists(tmp_path, history):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, granularity="day", top="2")
        answer = plain(ledger.ask(latency.latency, latency.PARAMETERS, text, zone=zone, now=now, reader=reader))
        events = [each for each in selected(ledger, answer, filtered) if not each.failed and each.generate]
        days = oracle.grouped(events, [oracle.bucket(event.at, "day", ZoneInfo(zone)) for event in events])
        for number, start in enumerate(answer["buckets"]):
            expected = oracle.metrics(days[oracle.bucket(microseconds(start), "day", ZoneInfo(zone))], 1)
            for name in ("latency_ms", "ttft_ms"):
                for percent, values in answer[name].items():
                    assert values[number] == expected[name][percent]
        listed = sorted(each.latency_ms for each in events if each.latency_ms)
        below = 0
        for upper, held in zip(*answer["histogram"].values(), strict=True):
            assert held == sum(below < value <= upper for value in listed)
            below = upper
        assert sum(answer["histogram"]["counts"]) == len(listed)
        for model in answer["by_model"]:
            expected = oracle.metrics([each for each in events if each.model == model["group"]["id"]], 1)
            check(model, {name: expected[name] for name in ("latency_ms", "ttft_ms", "output_speed")})


@relaxed
@given(history=histories(), window=st.sampled_from(["15m", "60m"]))
def test_the_live_strip_equals_plain_sql(tmp_path, history, window):
    now, zone, _, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, window=window, latest="3")
        answer = plain(ledger.ask(live.live, live.PARAMETERS, text, zone=zone, now=now, reader=reader))
        edges = [microseconds(text) for text in answer["buckets"]]
        edges.append(edges[-1] + answer["bucket_seconds"] * 1_000_000)
        assert edges[-2] <= now < edges[-1]
        for number, (start, end) in enumerate(pairwise(edges)):
            expected = oracle.metrics(oracle.rows(ledger.connection, start, end, filtered), 1)
            for name in ("requests", "failed", "total_tokens", "cost_nanos"):
                assert answer[name][number] == expected[name]
        newest = sorted(
            (each.at for each in oracle.rows(ledger.connection, edges[0], edges[-1], filtered)), reverse=True
        )
        assert len(answer["latest"]) == min(3, len(newest))
