"""What is remembered between answers changes none of them: tail, chunks, names, sums and observations."""

import platform
import threading
from contextlib import closing
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingestd import seal
from queryd import malloc
from queryd.aggregate import grouping, observing, percentiles, row_filter
from queryd.aggregate.cache import ByteLruCache
from queryd.aggregate.grid import Grid, Groups
from queryd.aggregate.observing import KeptSamples
from queryd.aggregate.percentiles import Sample
from queryd.aggregate.snapshot import Reader, Snapshot
from queryd.aggregate.sums import Sums
from queryd.errors import QueryTimeout
from queryd.params.calendar import instant
from queryd.params.selection import parse
from queryd.questions import breakdown, latency, summary, timeseries
from queryd.storage.chunks import Tail
from shared.database import open_reader, snapshot, transaction
from tests.queryd.ledger import FULL_CHUNK_ROWS, MODELS, Ledger, Spent

NOW = instant(datetime.fromisoformat("2026-11-24T12:00:00Z"))


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A file whose tail is sealed at 5 rows and whose chunks merge to 15."""
    monkeypatch.setattr(seal, "TAIL_ROWS", 5)
    monkeypatch.setattr(seal, "MERGE_CHUNKS", 3)
    monkeypatch.setattr(seal, "CHUNK_ROWS_MAX", FULL_CHUNK_ROWS)
    with closing(Ledger(tmp_path / "app.db")) as made:
        yield made


def events(how_many: int, *, seed: int = 1, before: int = NOW) -> list[Spent]:
    chance = np.random.default_rng(seed)
    return [
        Spent(
            occurred_at=before - int(chance.integers(1, 20 * 3_600 * 1_000_000)),
            model=int(chance.integers(1, 5)),
            latency_ms=int(chance.lognormal(8, 1)) + 2,
            ttft_ms=1,
            input_tokens=int(chance.integers(0, 10**6)),
            output_tokens=int(chance.integers(1, 10**4)),
            cost_nanos=int(chance.integers(0, 10**9)),
        )
        for _ in range(how_many)
    ]


def figures(ledger: Ledger, reader: Reader | None = None, query: str = "range=7d"):
    return ledger.ask(summary.summary, summary.PARAMETERS, query, now=NOW, reader=reader).metrics


def test_an_answer_from_memory_is_the_answer_from_scratch_while_events_arrive(ledger):
    for number in range(40):
        ledger.add(events(number % 4, seed=number))
        assert figures(ledger) == figures(ledger, Reader(FULL_CHUNK_ROWS))
    assert ledger.number("select count(*) from chunk where rows = 15") > 2


def test_what_chunks_observe_is_kept_and_read_no_more(ledger, monkeypatch):
    ledger.add(events(95))
    asked = [figures(ledger) for _ in range(3)]
    assert asked[0] == asked[1] == asked[2]
    kept = next(iter(ledger.reader._caches.values())).cache._kept
    assert [type(each) for each in kept.values()].count(KeptSamples) == 1
    opened = []
    original = Snapshot.open

    def opening(seen, chunk):
        opened.append(chunk.rows)
        return original(seen, chunk)

    monkeypatch.setattr(Snapshot, "open", opening)
    assert figures(ledger) == asked[0]
    assert FULL_CHUNK_ROWS not in opened


def test_what_is_kept_gives_way_when_new_events_are_unlike_the_old_ones(ledger):
    ledger.add(events(60))
    for _ in range(3):
        figures(ledger)
    ledger.add([Spent(NOW - 1_000_000 - number, latency_ms=1, ttft_ms=0) for number in range(200)])
    for _ in range(3):
        assert figures(ledger) == figures(ledger, Reader(FULL_CHUNK_ROWS))
    assert figures(ledger).latency_ms.p50 == 1


@pytest.mark.parametrize(
    "query", ["range=7d", "range=7d&by=model&compare=previous&sort=latency_p95_ms&limit=2", "range=12h"]
)
@pytest.mark.parametrize("question", [breakdown, latency, summary, timeseries])
def test_an_answer_is_the_same_without_room_to_hold_anything(ledger, monkeypatch, question, query):
    ledger.add(events(95))
    parameters = {parameter.name for parameter in question.PARAMETERS}
    asked = "&".join(part for part in query.split("&") if part.partition("=")[0] in parameters)
    ask = getattr(question, question.__name__.rpartition(".")[2])
    expected = ledger.ask(ask, question.PARAMETERS, asked, now=NOW)
    monkeypatch.setattr(observing, "HELD_BYTES", 0)
    monkeypatch.setattr(grouping, "RAW_MAX", 0)
    monkeypatch.setattr(row_filter, "COMPARED_MAX", 0)
    assert ledger.ask(ask, question.PARAMETERS, asked, now=NOW, reader=Reader(FULL_CHUNK_ROWS)) == expected
    ledger.add(events(1, seed=2))
    ledger.ask(ask, question.PARAMETERS, asked, now=NOW)
    assert ledger.ask(ask, question.PARAMETERS, asked, now=NOW) == ledger.ask(
        ask, question.PARAMETERS, asked, now=NOW, reader=Reader(FULL_CHUNK_ROWS)
    )


def test_what_is_asked_twice_sorted_by_a_percentile_reads_no_chunk(ledger, monkeypatch):
    ledger.add(events(60))
    query = "range=7d&by=model&sort=-latency_p95_ms"
    ask = lambda: ledger.ask(breakdown.breakdown, breakdown.PARAMETERS, query, now=NOW)  # noqa: E731 - asked twice
    first = ask()
    monkeypatch.setattr(Snapshot, "open", lambda *_: pytest.fail("a chunk is read"))
    assert ask() == first


def test_what_is_kept_of_some_groups_is_no_answer_for_others(ledger, monkeypatch):
    monkeypatch.setattr(percentiles, "GROWTH", 10**9)  # so that little is kept of little
    monkeypatch.setattr(percentiles, "SPARE", 0)
    ledger.add(events(95))
    ask = lambda limit, reader=None: ledger.ask(  # noqa: E731 - asked often
        breakdown.breakdown, breakdown.PARAMETERS, f"range=7d&by=model&limit={limit}", now=NOW, reader=reader
    )
    for limit in (3, 3, 2, 1, 1, 3, 2):  # one value more or less among the others
        assert ask(limit) == ask(limit, Reader(FULL_CHUNK_ROWS))


@pytest.mark.parametrize(
    ("before", "now", "is_of_use"),
    [
        ([0, 1, 2], [2, 0, 1], True),
        ([0, 1, 1], [1, 0, 0], True),
        ([0, 1, 2], [0, 1, 1], False),
        ([0, 1, 1], [0, 1, 2], False),
        ([0, 1, 1], [0, 0, 1], False),
    ],
)
def test_what_is_kept_is_of_use_to_the_same_groups_by_any_number(before, now, is_of_use):
    grid = Grid((np.array([3, 5, 8]),), 3, {}, {})
    sample = Sample(
        np.arange(max(before) + 1, dtype=np.uint64) << np.uint64(32) | np.uint64(7), np.ones(max(before) + 1, np.uint32)
    )
    known, asked = (Groups(np.array(target), max(target) + 1, frozenset(("ttft_ms",))) for target in (before, now))
    found = KeptSamples(frozenset(), grid.axes, known, {"ttft_ms": sample}).under(grid, asked)
    assert (found is not None) is is_of_use


def test_two_periods_that_are_compared_are_kept_beside_each_other(ledger, monkeypatch):
    day = 24 * 3_600 * 1_000_000
    ledger.add(events(60, before=NOW - 7 * day))
    ledger.add(events(60, seed=2))
    query = "range=7d&compare=previous"
    first = ledger.ask(summary.summary, summary.PARAMETERS, query, now=NOW)
    monkeypatch.setattr(Snapshot, "open", lambda *_: pytest.fail("a chunk is read"))
    assert ledger.ask(summary.summary, summary.PARAMETERS, query, now=NOW) == first


def test_a_model_never_seen_before_appears_in_what_is_remembered(ledger):
    ledger.add([Spent(NOW - 3_600_000_000 - number, model=1 + number % 2, latency_ms=5) for number in range(50)])
    ask = lambda reader=None: ledger.ask(  # noqa: E731 - asked four times
        breakdown.breakdown, breakdown.PARAMETERS, "range=7d&by=model", now=NOW, reader=reader
    )
    ask(), ask(), ask()
    with transaction(ledger.writer) as connection:
        connection.execute("insert into model (name, first_seen_at) values ('brand-new', 0)")
    ledger.add([Spent(NOW - 60_000_000, model=len(MODELS) + 1, latency_ms=7)])
    answer = ask()
    assert answer == ask(Reader(FULL_CHUNK_ROWS))
    assert [row.group.id for row in answer.rows][-1] == "brand-new"


def test_a_filter_for_a_name_that_appears_later_finds_it_then(ledger):
    ledger.add(events(30))
    assert figures(ledger, query="range=7d&model=brand-new").requests == 0
    with transaction(ledger.writer) as connection:
        connection.execute("insert into model (name, first_seen_at) values ('brand-new', 0)")
    ledger.add([Spent(NOW - 60_000_000, model=len(MODELS) + 1)])
    assert figures(ledger, query="range=7d&model=brand-new").requests == 1


def test_another_file_is_remembered_apart(ledger, tmp_path):
    ledger.add(events(40))
    with closing(Ledger(tmp_path / "other.db")) as other:
        other.add(events(3, seed=9))
        reader = Reader(FULL_CHUNK_ROWS)
        first = figures(ledger, reader)
        with snapshot(other.connection):
            found = reader.snapshot(other.connection)
            assert found.rows() == 3
        assert figures(ledger, reader) == first


def test_an_older_snapshot_still_sees_its_own_tail(ledger, tmp_path):
    tail = Tail()
    ledger.add(events(1))
    with closing(open_reader(tmp_path / "app.db")) as old:
        with snapshot(old):
            assert old.execute("select count(*) from tail").fetchone() == (1,)
            ledger.add(events(2, seed=2))
            assert tail.look(ledger.writer).rows == 3
            assert tail.look(old).rows == 1
            ledger.add(events(4, seed=3))
            assert tail.look(ledger.writer).rows == ledger.number("select sum(rows) from tail")
            assert tail.look(old).rows == 1
        assert tail.look(ledger.writer).rows == ledger.number("select sum(rows) from tail")


def test_answers_from_several_threads_at_once_are_the_same(ledger, tmp_path):
    ledger.add(events(70))
    expected = figures(ledger, Reader(FULL_CHUNK_ROWS))
    wrong = []

    def ask() -> None:
        with closing(open_reader(tmp_path / "app.db")) as connection:
            for _ in range(10):
                with snapshot(connection):
                    seen = ledger.reader.snapshot(connection)
                    selection, values = summary_question()
                    if summary.summary(seen, selection, values).metrics != expected:
                        wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def summary_question():
    return parse("range=7d", summary.PARAMETERS, ZoneInfo("UTC"), NOW)


def test_an_answer_that_takes_too_long_says_so(ledger):
    ledger.add(events(20))
    with snapshot(ledger.connection):
        seen = Reader().snapshot(ledger.connection, limit=-1.0)
        selection, values = summary_question()
        with pytest.raises(QueryTimeout):
            summary.summary(seen, selection, values)


def test_a_file_without_events_answers_zeros_and_nulls(ledger):
    found = figures(ledger, query="range=all")
    assert (found.requests, found.cost_nanos, found.success_rate, found.latency_ms.p50) == (0, 0, None, None)
    answer = ledger.ask(timeseries.timeseries, timeseries.PARAMETERS, "range=7d&group_by=model", now=NOW)
    assert answer.series == []
    answer = ledger.ask(breakdown.breakdown, breakdown.PARAMETERS, "range=7d&by=status&compare=previous", now=NOW)
    assert (answer.rows, answer.rows_total, answer.other) == ([], 0, None)


def test_memory_settings_are_accepted_where_there_are_any():
    assert malloc.configure() is (platform.libc_ver()[0] == "glibc")


def test_the_cache_forgets_first_what_was_not_asked_for_longest():
    def sums(cells: int) -> Sums:
        return Sums((), np.zeros((cells, 1), np.int64))

    cache = ByteLruCache(capacity=11_000)
    numbers = count()
    for _ in range(4):
        cache.put(next(numbers), sums(200))
    assert cache.nbytes <= cache.capacity
    assert cache.get(0, Sums) is not None
    cache.put(next(numbers), sums(200))
    assert cache.get(1, Sums) is None
    assert cache.get(0, Sums) is not None
    assert cache.get(0, KeptSamples) is None
    cache.put(0, sums(1))
    cache.drop(0)
    assert cache.get(0, Sums) is None
    cache.put("too large", sums(100_000))
    assert cache.nbytes == 0
