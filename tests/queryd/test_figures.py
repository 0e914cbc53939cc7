"""Every figure equals plain SQL on the event rows: any range, zone, bucket, group and filter, at any moment."""

from datetime import datetime, timedelta
from itertools import count, pairwise
from math import inf
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd import seal
from queryd.aggregate.snapshot import Reader
from queryd.figures import client_requests
from queryd.params.calendar import instant
from queryd.questions import breakdown, distribution, heatmap, latency, live, summary, timeseries
from shared.clock import DAY, HOUR, MINUTE
from shared.error_class import ErrorClass
from tests.queryd import oracle
from tests.queryd.ledger import FULL_CHUNK_ROWS, MODELS, ROUTES, Ledger, Spent

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
    "executor": [route[4] for route in ROUTES],
    "auth_type": ["oauth", "apikey"],
    "response_service_tier": ["standard", "default", ""],
}
TOKENS = st.one_of(st.integers(0, 300), st.integers(0, 2**21), st.sampled_from([0, 2**40 - 1]))

files = count()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Sealing and merging happen every few events."""
    monkeypatch.setattr(seal, "TAIL_ROWS", 5)
    monkeypatch.setattr(seal, "MERGE_CHUNKS", 3)
    monkeypatch.setattr(seal, "CHUNK_ROWS_MAX", FULL_CHUNK_ROWS)
    monkeypatch.setattr(client_requests, "ROWS_AT_ONCE", 7)


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
        error_class=draw(st.sampled_from([1, 8, 10, 11])) if failed else 0,
        latency_ms=latency,
        ttft_ms=draw(st.integers(0, latency)),
        input_tokens=draw(TOKENS),
        cache_read_tokens=draw(TOKENS),
        cache_write_tokens=draw(TOKENS),
        output_tokens=draw(TOKENS),
        reasoning_tokens=draw(TOKENS),
        unclassified_tokens=draw(st.sampled_from([0, 0, 7])),
        cost_nanos=draw(st.none() | st.integers(0, 5 * 10**9)),
        request=draw(st.sampled_from([0, 1, 2, 3, 2**31, 2**32 - 1])),
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
            for reader in (ledger.reader, Reader(FULL_CHUNK_ROWS)):
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
        text = query(filtered, range=range_, compare="previous", sparkline="7", clients="count")
        answer = plain(ledger.ask(summary.summary, summary.PARAMETERS, text, zone=zone, now=now, reader=reader))
        events = selected(ledger, answer, filtered)
        check(answer["metrics"], oracle.metrics(events, minutes(answer)))
        assert answer["clients"] == oracle.client_requests(selected(ledger, answer, {}), events)
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
    cells_max=st.sampled_from([0, timeseries.CELLS_MAX]),
)
def test_a_timeseries_equals_plain_sql_in_every_bucket_and_group(  # noqa: PLR0917 - what is drawn
    tmp_path, monkeypatch, history, granularity, group, cells_max
):
    now, zone, range_, filtered, batches = history
    monkeypatch.setattr(timeseries, "CELLS_MAX", cells_max)
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
    dimensions=st.lists(st.sampled_from(list(DIMENSIONS)), min_size=1, max_size=2, unique=True),
    limit=st.integers(1, 4),
    sort=st.sampled_from(["-cost_nanos", "requests", "-latency_p50_ms", "success_rate"]),
)
def test_a_breakdown_equals_plain_sql_in_every_row_and_what_is_left(tmp_path, history, dimensions, limit, sort):
    now, zone, range_, filtered, batches = history

    def key(event: oracle.Row) -> tuple[str, ...]:
        return tuple(getattr(event, name) for name in dimensions)

    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, by=",".join(dimensions), limit=str(limit), sort=sort, compare="week")
        answer = plain(ledger.ask(breakdown.breakdown, breakdown.PARAMETERS, text, zone=zone, now=now, reader=reader))
        events = selected(ledger, answer, filtered)
        groups = oracle.grouped(events, [key(event) for event in events])
        assert answer["rows_total"] == len(groups)
        assert len(answer["rows"]) == min(limit, len(groups))
        past = []
        if answer["compare"]:
            start, end = (microseconds(answer["compare"][key]) for key in ("from", "to"))
            past = oracle.rows(ledger.connection, start, end, filtered)
        for row in answer["rows"]:
            value = tuple(each["id"] for each in row["groups"])
            assert row["group"] == row["groups"][0]
            check(row["metrics"], oracle.metrics(groups.pop(value), minutes(answer)))
            assert row["share"]["requests"] == row["metrics"]["requests"] / len(events)
            if answer["compare"]:
                before = [event for event in past if key(event) == value]
                check(row["compare"], oracle.metrics(before, (end - start) / MINUTE))
        rest = [event for each in groups.values() for event in each]
        assert (answer["other"] is not None) == bool(rest)
        if rest:
            check(answer["other"]["metrics"], oracle.metrics(rest, minutes(answer)))
            assert answer["other"]["rows"] == len(groups)
        check(answer["total"], oracle.metrics(events, minutes(answer)))


def check_week(answer, events, place, axes, metric):
    for name, weekend in (("weekday", False), ("weekend", True)):
        part = [event for event in events if (oracle.wall_clock(event.at, place).isoweekday() >= 6) == weekend]
        week = answer["week"] and answer["week"][name]
        if not {"hour", "weekday", "day"} & {*axes}:
            assert week is None
            continue
        assert week["requests"] == len(part)
        if metric != "tpm":
            expected = oracle.metrics(part, 1)
            value = expected["ttft_ms"]["p95"] if metric == "ttft_p95_ms" else expected[metric]
            check({"value": week["value"]}, {"value": value})
        if metric == "requests" and week["days"]:
            assert week["per_day"] == len(part) / week["days"]


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
        check_week(answer, events, place, axes, metric)
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
@given(history=histories(), axes=st.sampled_from([("hour", "weekday"), ("hour", "provider"), ("model", "api_key")]))
def test_a_heatmap_of_before_is_that_of_the_span_before(tmp_path, history, axes):
    """In the cells of the span itself: each cell's requests, hours and figure are those of a question about before."""
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, x=axes[0], y=axes[1], metric="cost_nanos", compare="previous")
        answer = plain(ledger.ask(heatmap.heatmap, heatmap.PARAMETERS, text, zone=zone, now=now, reader=reader))
        for row in answer["hours"] if {"hour", "weekday"} == {*axes} else ():
            assert all(hours >= 0 for hours in row)
        before = answer["compare"]
        if before is None:
            continue
        start, end = microseconds(before["from"]), microseconds(before["to"])
        past = oracle.rows(ledger.connection, start, end, filtered)
        assert sum(map(sum, before["requests"])) <= len(past)
        if {"hour", "weekday"} == {*axes}:
            assert sum(map(sum, before["requests"])) == len(past)
            assert sum(value or 0 for row in before["cells"] for value in row) == sum(
                each.cost_nanos or 0 for each in past
            )
            assert sum(map(sum, before["hours"])) == pytest.approx((min(end, now) - start) / HOUR)


@relaxed
@given(history=histories(), of=st.sampled_from(["latency_ms", "ttft_ms", "output_speed"]))
def test_a_distribution_equals_the_sorted_list(tmp_path, history, of):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, of=of, compare="previous")
        answer = plain(
            ledger.ask(distribution.distribution, distribution.PARAMETERS, text, zone=zone, now=now, reader=reader)
        )
        before = answer["compare"]
        past = before and oracle.rows(
            ledger.connection, microseconds(before["from"]), microseconds(before["to"]), filtered
        )
        for bars, events in ((answer["bars"], selected(ledger, answer, filtered)), (before, past)):
            if bars is None:
                continue
            listed = oracle.observations(events, of)
            below = 0.0
            for upper, held in zip([*answer["upper"][:-1], inf], bars["counts"], strict=True):
                assert held == sum(below < value <= upper for value in listed)
                below = upper
            check({"found": bars["percentiles"]}, {"found": oracle.metrics(events, 1)[of]})


@relaxed
@given(history=histories())
def test_active_days_are_local_days_with_requests(tmp_path, history):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, days="count")
        answer = plain(ledger.ask(summary.summary, summary.PARAMETERS, text, zone=zone, now=now, reader=reader))
        days = {oracle.bucket(event.at, "day", ZoneInfo(zone)) for event in selected(ledger, answer, filtered)}
        assert answer["active_days"] == len(days)


@relaxed
@given(history=histories(), by=st.sampled_from(list(DIMENSIONS)))
def test_latencies_equal_the_sorted_lists(tmp_path, history, by):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, granularity="day", top="2", by=by, compare="previous")
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
        assert answer["by_model"] == (answer["groups"] if by == "model" else [])
        for group in answer["groups"]:
            expected = oracle.metrics([each for each in events if getattr(each, by) == group["group"]["id"]], 1)
            check(group, {name: expected[name] for name in ("latency_ms", "ttft_ms", "output_speed")})
        before = answer["compare"]
        if before:
            start, end = microseconds(before["from"]), microseconds(before["to"])
            past = [
                each
                for each in oracle.rows(ledger.connection, start, end, filtered)
                if not each.failed and each.generate
            ]
            days = oracle.grouped(past, [oracle.bucket(event.at, "day", ZoneInfo(zone)) for event in past])
            for number, start_text in enumerate(before["buckets"]):
                expected = oracle.metrics(days[oracle.bucket(microseconds(start_text), "day", ZoneInfo(zone))], 1)
                for name in ("latency_ms", "ttft_ms"):
                    assert {p: values[number] for p, values in before[name].items()} == {
                        p: expected[name][p] for p in before[name]
                    }


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
            for name in ("requests", "failed", "total_tokens", "cost_nanos", "cache_hit_rate"):
                assert answer[name][number] == expected[name]
            for percent in ("p50", "p95"):
                assert answer[f"latency_{percent}_ms"][number] == expected["latency_ms"][percent]
        whole = oracle.metrics(oracle.rows(ledger.connection, edges[0], edges[-1], filtered), (now - edges[0]) / MINUTE)
        check(answer["metrics"], whole)
        newest = sorted(
            (each.at for each in oracle.rows(ledger.connection, edges[0], edges[-1], filtered)), reverse=True
        )
        assert len(answer["latest"]) == min(3, len(newest))


@pytest.mark.parametrize(("text", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_of_another_length_is_one_day_of_the_week(tmp_path, text, hours):
    zone = ZoneInfo("America/New_York")
    day = datetime.fromisoformat(text).replace(tzinfo=zone)
    ledger = Ledger(tmp_path / "week.db")
    try:
        ledger.add([Spent(occurred_at=instant(day) + number * HOUR) for number in range(hours)])
        after = instant(day.replace(hour=12)) + DAY
        asked = f"from={text}&to={(day + timedelta(days=1)).date()}&x=hour&y=weekday"
        found = ledger.ask(heatmap.heatmap, heatmap.PARAMETERS, asked, now=after, zone=zone.key).week
        assert (found.weekend.days, found.weekend.requests, found.weekend.per_day) == (1, hours, hours)
        assert (found.weekday.days, found.weekday.requests, found.weekday.per_day) == (0, 0, None)
    finally:
        ledger.close()
