"""The same figures from the event rows, by plain SQL and sorted lists: what every answer is compared with."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from sqlite3 import Connection
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np

from shared.error_class import ErrorClass
from shared.prices import ASSUMED, Mark

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_EVENTS = """
select e.occurred_at, e.digest, m.name as model, r.provider, cast(e.credential_id as text) as credential,
       cast(e.api_key_id as text) as api_key, r.endpoint, c.name as client,
       case e.failed when 1 then 'failed' else 'succeeded' end as result, cast(e.status_code as text) as status,
       e.error_class, r.reasoning_effort, r.service_tier, r.executor_type as executor,
       r.auth_type, r.response_service_tier, e.failed, e.generate, e.latency_ms, e.ttft_ms,
       e.input_tokens, e.cache_read_tokens, e.cache_write_tokens, e.output_tokens, e.reasoning_tokens,
       e.unclassified_tokens, e.cost_nanos, e.request_number, coalesce(g.marks, 0) as marks
from event e
left join charge g on g.id = e.charge_id
join model m on m.id = e.model_id
join route r on r.id = e.route_id
join client c on c.id = e.client_id
where e.occurred_at >= ? and e.occurred_at < ?
"""


class Row(SimpleNamespace):
    """An event as SQL tells it: an attribute a column."""

    @property
    def at(self) -> int:
        """UTC epoch microseconds."""
        return int(self.occurred_at)


def rows(connection: Connection, start: int, end: int, filters: dict[str, Sequence[str]]) -> list[Row]:
    """The events of start ≤ t < end (UTC epoch microseconds) that pass filters, as the API spells them."""
    cursor = connection.execute(_EVENTS, (start, end))
    names = [column[0] for column in cursor.description]
    found = []
    for each in cursor.fetchall():
        values = dict(zip(names, each, strict=True))
        values["error_class"] = ErrorClass(values["error_class"]).label
        if all(_passes(values[name], spelled) for name, spelled in filters.items()):
            found.append(Row(**values))
    return found


def _passes(value: str, spelled: Sequence[str]) -> bool:
    wanted = [text.removeprefix("\\") for text in spelled if not text.startswith("!")]
    unwanted = [text[1:].removeprefix("\\") for text in spelled if text.startswith("!")]
    return (not wanted or value in wanted) and value not in unwanted


def grouped(events: Sequence[Row], keys: Iterable[Hashable]) -> dict:
    """Events by their keys, which are given in the same order."""
    found = defaultdict(list)
    for event, key in zip(events, keys, strict=True):
        found[key].append(event)
    return found


def wall_clock(at: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def bucket(at: int, granularity: str, zone: ZoneInfo) -> Hashable:
    """Which bucket a moment is in, from what a clock and a calendar on the wall say."""
    moment = wall_clock(at, zone)
    match granularity:
        case "minute":
            return (moment.date(), moment.hour, moment.minute, moment.utcoffset())
        case "hour":
            return (moment.date(), moment.hour, moment.utcoffset())
        case "day":
            return moment.date()
        case "week":
            return moment.isocalendar()[:2]
        case _:
            return (moment.year, moment.month)


def metrics(events: Sequence[Row], minutes: float) -> dict:
    """Every figure of product.md, the slow way."""
    failed = sum(event.failed for event in events)
    cancelled = sum(event.failed and event.error_class == "cancelled" for event in events)
    judged = len(events) - cancelled
    sums = {
        name: sum(getattr(event, name) or 0 for event in events)
        for name in (
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
            "unclassified_tokens",
            "cost_nanos",
        )
    }
    total = sums["input_tokens"] + sums["output_tokens"] + sums["unclassified_tokens"]
    counting = [event for event in events if not event.failed and event.generate]
    return {
        "requests": len(events),
        "succeeded": len(events) - failed,
        "failed": failed,
        "cancelled": cancelled,
        "success_rate": (len(events) - failed) / judged if judged else None,
        **sums,
        "total_tokens": total,
        "cache_hit_rate": min(1, sums["cache_read_tokens"] / sums["input_tokens"]) if sums["input_tokens"] else None,
        "unpriced_requests": sum(event.cost_nanos is None for event in events),
        "assumed_requests": sum(event.marks & int(ASSUMED) != 0 for event in events),
        "upper_bound_requests": sum(event.marks & int(Mark.UPPER_BOUND) != 0 for event in events),
        "tokens_unknown_requests": sum(event.marks & int(Mark.TOKENS_UNKNOWN) != 0 for event in events),
        "lower_bound_requests": sum(event.marks & int(Mark.LOWER_BOUND) != 0 for event in events),
        "unmetered_requests": sum(
            not event.input_tokens + event.output_tokens + event.unclassified_tokens for event in counting
        ),
        "rpm": len(events) / minutes if minutes else None,
        "tpm": total / minutes if minutes else None,
        "latency_ms": percentiles([event.latency_ms for event in counting if event.latency_ms]),
        "ttft_ms": percentiles([event.ttft_ms for event in counting if event.ttft_ms]),
        "output_speed": percentiles([speed(event) for event in counting if has_speed(event)]),
    }


def client_requests(events: Sequence[Row], selected: Sequence[Row]) -> dict:
    """Success as the client saw it, of all `events` of a range and those of them that filters select."""
    alone = count()
    requests = grouped(events, [event.request_number or ("alone", next(alone)) for event in events])
    keys = {(event.occurred_at, event.digest) for event in selected}
    touched = [each for each in requests.values() if any((one.occurred_at, one.digest) in keys for one in each)]
    served = sum(any(not one.failed for one in each) for each in touched)
    cancelled = sum(
        all(one.failed for one in each) and any(one.error_class == "cancelled" for one in each) for each in touched
    )
    judged = len(touched) - cancelled
    return {
        "client_requests": len(touched),
        "client_succeeded": served,
        "client_cancelled": cancelled,
        "client_success_rate": served / judged if judged else None,
        "retries": sum(len(each) - max(1, sum(not one.failed for one in each)) for each in touched),
    }


def observations(events: Sequence[Row], name: str) -> list[float]:
    """What `events` observe of one kind; speeds as exact as they are kept (float32)."""
    counting = [event for event in events if not event.failed and event.generate]
    if name == "output_speed":
        return [float(np.float32(speed_exactly(event))) for event in counting if has_speed(event)]
    return [value for event in counting if (value := getattr(event, name))]


def has_speed(event: Row) -> bool:
    return bool(event.ttft_ms > 0 and event.latency_ms - event.ttft_ms >= 100 and event.output_tokens > 0)


def speed(event: Row) -> float:
    """Tokens a second to seven digits; half a trillion is the most that is told apart."""
    return float(f"{np.float32(speed_exactly(event)):.7g}")


def speed_exactly(event: Row) -> float:
    found: float = min(event.output_tokens / ((event.latency_ms - event.ttft_ms) / 1_000), 2**39)
    return found


def percentiles(values: Sequence[float]) -> dict:
    """Nearest rank: the value at place ceil(p·n) of the sorted list."""
    listed = sorted(values)
    found = {f"p{p}": listed[-(-p * len(listed) // 100) - 1] if listed else None for p in (50, 90, 95, 99)}
    return {**found, "max": listed[-1] if listed else None, "count": len(listed)}
