"""From raw payloads to rows and columns: nothing lost, nothing twice, nothing that stops the line."""

import io
import sqlite3
from contextlib import redirect_stdout
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingestd import check, pipeline, retention, store
from ingestd.normalize import normalize
from shared.columns import CHUNK_ROWS_MAX, COLUMNS, TAIL_ROWS
from shared.database import open_reader
from tests.ingestd.conftest import NOW, payload


def columns_equal_rows(connection) -> bool:
    with redirect_stdout(io.StringIO()):
        return check.main(connection) == 0


def test_everything_cpa_ever_sent_becomes_an_event(line, samples):
    line.store(*samples)
    assert line.number("select count(*) from event") == len(set(samples))
    assert line.number("select count(*) from rejected") == 0
    assert line.pipeline.pending == 0
    assert columns_equal_rows(line.connection)


def test_replaying_everything_changes_nothing(line, samples):
    line.store(*samples)
    before = line.connection.execute("select * from event order by 1, 2").fetchall()
    line.store(*samples, *samples)
    assert line.connection.execute("select * from event order by 1, 2").fetchall() == before
    assert line.pipeline.counters.duplicates == len(samples) * 3 - len(set(samples))
    assert columns_equal_rows(line.connection)


def test_two_attempts_of_one_request_are_two_events(line):
    line.store(payload(1, request_id="aaaaaaaa"), payload(2, request_id="aaaaaaaa"))
    assert line.number("select count(*) from event") == 2


def test_a_repeat_inside_one_batch_beside_new_ones_is_left_out(line):
    line.store(payload(1))
    line.store(payload(2), payload(1), payload(2), payload(3))
    assert line.number("select count(*) from event") == 3
    assert line.number("select number from meta where key = 'events'") == 3
    assert columns_equal_rows(line.connection)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=200), st.text(max_size=60).map(str.encode)), min_size=1, max_size=8))
@example([b"", b"null", b"[]", b"{}", b"NaN", b'{"timestamp":1}', b"\xff\xfe", b"[" * 100_000, b'{"refresh":true}'])
@example([payload(1, latency_ms=10**30), payload(2, tokens={"input_tokens": "many"}), payload(3, model="\ud800")])
@example([payload(4, timestamp="0001-01-01T00:00:00Z"), payload(5, timestamp="9999-12-31T23:59:59.999999999Z")])
@example([payload(6, fail={"status_code": 10**9, "body": "x" * 10_000_000}, failed=True)])
def test_no_bytes_stop_the_line_and_none_vanish(open_line, broken):
    line = open_line()
    events = line.number("select count(*) from event")
    rejects = line.number("select count(*) from rejected")
    received, repeats = line.pipeline.counters.received, line.pipeline.counters.duplicates
    line.store(*broken, payload(hash(tuple(broken)) % 10**6, request_id="after"))
    counters = line.pipeline.counters
    stored = line.number("select count(*) from event") - events
    refused = line.number("select count(*) from rejected") - rejects
    assert counters.received - received == len(broken) + 1
    assert stored + refused + (counters.duplicates - repeats) == len(broken) + 1
    assert line.pipeline.pending == 0
    line.connection.close()


def test_a_rejected_message_keeps_its_bytes_and_its_reason(line):
    line.store(b"{not json", payload(1))
    assert line.connection.execute("select reason, payload, transport from rejected").fetchall() == [
        ("invalid_json", b"{not json", "pop")
    ]
    assert line.number("select count(*) from event") == 1


def test_a_bug_in_one_message_sets_it_aside_and_goes_on(line, monkeypatch):
    def buggy(event):
        if event.model == "cursed":
            raise KeyError("sk-made-up-client-key-1")
        return normalize(event)

    monkeypatch.setattr("ingestd.pipeline.normalize", buggy)
    line.store(payload(1), payload(2, model="cursed"), payload(3))
    assert line.number("select count(*) from event") == 2
    ((reason, detail),) = line.connection.execute("select reason, detail from rejected")
    assert reason == "internal_error"
    assert detail.startswith("KeyError in buggy")
    assert "sk-made-up" not in detail


def test_a_batch_that_cannot_be_stored_leaves_nothing_and_is_done_later(line, monkeypatch):
    line.store(payload(1, model="first"))
    revision = line.number("select number from meta where key = 'revision'")
    models = line.number("select count(*) from model")

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("ingestd.seal.Seal.append", full)
        line.pipeline.file([payload(2, model="second"), b"broken"], "pop", NOW)
        with pytest.raises(sqlite3.OperationalError):
            line.pipeline.drain(NOW)
        assert line.number("select count(*) from event") == 1
        assert line.number("select count(*) from model") == models
        assert line.number("select count(*) from rejected") == 0
        assert line.pipeline.pending == 2
    while line.pipeline.drain(NOW):
        pass
    assert line.number("select count(*) from event") == 2
    assert line.number("select number from meta where key = 'revision'") == revision + 1
    assert columns_equal_rows(line.connection)


def test_a_restart_finishes_what_the_inbox_holds(open_line):
    line = open_line()
    line.store(payload(1))
    line.pipeline.file([payload(n) for n in range(2, 10)], "subscribe", NOW)
    line.connection.close()
    line = open_line()
    assert line.pipeline.pending == 8
    line.store(payload(10))
    assert line.number("select count(*) from event") == 10
    assert columns_equal_rows(line.connection)


def test_inbox_ids_never_repeat_after_the_daily_clean_up(open_line):
    line = open_line()
    line.store(*(payload(n) for n in range(5)))
    assert line.inbox.clean(NOW + 1, 100) == 5
    line.connection.close()
    line = open_line()
    line.store(payload(6))
    assert line.number("select id from inbox") == 6
    assert line.number("select count(*) from event") == 6


def test_the_clean_up_leaves_what_is_pending_or_of_today(line):
    zone = ZoneInfo("Asia/Shanghai")
    midnight = retention.local_midnight(NOW, zone)
    line.store(payload(1), now=midnight - 1)
    line.store(payload(2), now=midnight)
    line.pipeline.file([payload(3)], "pop", midnight - 1)
    assert retention.clean_inbox(line.inbox, zone, NOW) == 1
    assert [row[0] for row in line.connection.execute("select id from inbox order by id")] == [2, 3]


def test_sealing_and_merging_keep_every_record(line, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 16)
    monkeypatch.setattr("ingestd.seal.CHUNK_ROWS_MAX", 16 * 8)
    for first in range(0, 410, 7):
        line.store(*(payload(n) for n in range(first, min(410, first + 7))))
    sizes = [row[0] for row in line.connection.execute("select rows from chunk order by id")]
    assert sizes == [128, 128, 128, 16]
    assert sum(sizes) + line.number("select sum(rows) from tail") == 410
    assert line.number("select count(*) from chunk_column") == 4 * len(COLUMNS)
    assert columns_equal_rows(line.connection)


def test_a_full_tail_is_sealed_at_its_real_size(line):
    line.store(*(payload(n) for n in range(TAIL_ROWS + 5)))
    assert line.connection.execute("select rows from chunk").fetchall() == [(TAIL_ROWS,)]
    assert line.number("select sum(rows) from tail") <= pipeline.BATCH_ROWS
    assert TAIL_ROWS * 8 == CHUNK_ROWS_MAX
    assert columns_equal_rows(line.connection)


def test_a_late_event_widens_its_chunk(line, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 4)
    line.store(payload(1), payload(2), payload(3), payload(4, timestamp="2020-01-01T00:00:00Z"))
    assert line.number("select first_ms from chunk") == 1_577_836_800_000
    assert columns_equal_rows(line.connection)


def test_the_check_finds_a_difference(line):
    line.store(payload(1), payload(2))
    line.connection.execute("update event set output_tokens = 1 where request_number = 1")
    assert not columns_equal_rows(line.connection)


def test_old_requests_go_and_figures_stay(open_line):
    zone = ZoneInfo("Asia/Shanghai")
    line = open_line()
    line.store(payload(1, failed=True, fail={"status_code": 500, "body": "x"}), payload(2))
    later = NOW + 30 * 86_400_000_000
    assert retention.clean_events(line.connection, zone, 7, later) == 2
    assert line.number("select count(*) from event") == 0
    assert line.number("select count(*) from event_detail") == 0
    assert line.number("select sum(rows) from tail") == 2
    assert columns_equal_rows(line.connection)
    line.store(payload(1), now=later)
    assert line.connection.execute("select reason from rejected").fetchall() == [("older_than_retention",)]


def test_no_secret_is_stored_outside_the_inbox(line, samples, tmp_path):
    key, upstream = "sk-made-up-client-key-1", "sk-ant-made-up-upstream-key"
    body = f"Incorrect API key provided: {upstream}"
    line.store(
        payload(1, source=upstream, auth_type="apikey", failed=True, fail={"status_code": 401, "body": body}), *samples
    )
    reader = open_reader(tmp_path / "app.db")
    for table in ("event_detail", "api_key", "credential", "origin", "model", "client", "route"):
        text = repr(reader.execute(f"select * from {table}").fetchall())
        for secret in (key, upstream, "sk-ant-api03-FAKE", "AIzaSyEXAMPLE", "sk-keeper-demo-client-1", "fake_session"):
            assert secret not in text, table
    reader.close()


def test_headers_that_may_be_another_credentials_are_not_kept(line):
    stale = {"X-Codex-Primary-Used-Percent": ["99"]}
    body = 'Post "https://api.example.com/v1": dial tcp 192.0.2.1:443: connect: connection refused'
    line.store(
        payload(1, failed=True, ttft_ms=0, response_headers=stale, fail={"status_code": 500, "body": body}),
        payload(2, failed=True, response_headers=stale, fail={"status_code": 429, "body": "slow down"}),
    )
    headers = [
        row[0] for row in line.connection.execute("select response_headers from event_detail order by occurred_at")
    ]
    assert headers == ["", '{"X-Codex-Primary-Used-Percent":"99"}']


def test_an_error_body_is_cut_without_breaking_a_character(line):
    line.store(payload(1, failed=True, fail={"status_code": 500, "body": "汉" * 5_000}))
    body = line.connection.execute("select error_body from event_detail").fetchone()[0]
    assert body == "汉" * (store.ERROR_BODY_BYTES // 3)
