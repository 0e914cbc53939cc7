"""Readings on the way: what answers' headers say is kept with the events, the newest wins, all are history."""

import random

import pytest

from ingestd.quota.keep import READINGS_KEPT, Source, keep
from ingestd.quota.rows import Answer, Length, Row
from shared.clock import DAY, HOUR, MINUTE, SECOND
from tests.ingestd.conftest import NOW, payload

AT = 1_795_485_600_000_000  # 2026-11-24T10:00:00+08:00, the first payload's
RESET = 1_795_498_200  # three and a half hours later


def answered(number=0, used="0.25", reset=RESET, **changes):
    unified = "Anthropic-Ratelimit-Unified-"
    headers = {
        f"{unified}5h-Utilization": [used],
        f"{unified}5h-Status": ["allowed"],
        f"{unified}5h-Reset": [str(reset)],
        "Content-Type": ["application/json"],
    }
    return payload(number, response_headers=headers, **changes)


def window(line):
    return line.connection.execute(
        "select credential_id, used_percent, resets_at, boundary, observed_at, source from quota_window"
        " where key = 'five_hour'"
    ).fetchone()


def readings(line):
    return line.connection.execute(
        "select used_percent, observed_at, last_at, source from quota_reading order by observed_at"
    ).fetchall()


def test_a_success_tells_its_account_s_quota(line):
    line.store(answered(), payload(1))
    headers_came = AT + 300_000
    assert window(line) == (1, 25.0, RESET * SECOND, "scheduled", headers_came, "headers")
    assert readings(line) == [(25.0, headers_came, headers_came, "headers")]


def test_equal_readings_are_one_row_of_history_and_a_younger_figure(line):
    for number in (0, 30, 60, 90, 200):
        line.store(answered(number))
    assert window(line)[4] == AT + 200_000_200 + 300_000
    assert readings(line) == [(25.0, AT + 300_000, AT + 200_300_200, "headers")]


def test_the_newest_reading_wins_whatever_the_order_of_arrival(line):
    line.store(answered(120, "0.40"))
    line.store(answered(0, "0.25"))
    assert window(line)[1] == 40.0
    assert [row[0] for row in readings(line)] == [25.0, 40.0]


def test_within_one_delivery_as_well(line):
    line.store(answered(0, "0.10"), answered(200, "0.40"), answered(100, "0.25"), answered(300, "0.40"))
    assert window(line)[1] == 40.0
    assert [row[0] for row in readings(line)] == [10.0, 25.0, 40.0]
    assert readings(line)[-1][2] == AT + 300 * SECOND + 300_300


@pytest.mark.parametrize("seed", range(6))
def test_what_says_the_same_again_is_kept_as_if_it_were_read(open_line, tmp_path, monkeypatch, seed):
    """Whatever comes in between: other figures, other sources, answers that are late."""
    kept = []
    for is_short in (True, False):
        if not is_short:
            monkeypatch.setattr("ingestd.answer_quota.say_again", lambda *_: False)
        chance, line = random.Random(seed), open_line()
        for step in range(60):
            number = max(0, step * 50 + chance.choice((0, 0, -400)))
            if chance.random() < 0.1:
                observed_at = AT + number * SECOND + 500_000
                source: Source = chance.choice(("lookup", "signals"))
                keep(line.connection, 1, five_hours(chance.choice((25, 31)), after=3_600), source, observed_at)
            used = "0.25" if chance.random() < 0.8 else "0.31"
            reset = RESET if chance.random() < 0.9 else RESET + 18_000
            line.store(*(answered(number + beside, used, reset) for beside in range(chance.choice((1, 2)))))
        tables = ("quota_window", "quota_reading", "quota_account")
        kept.append([line.connection.execute(f"select * from {table} order by 1, 2, 3").fetchall() for table in tables])
        line.connection.close()
        for path in tmp_path.glob("app.db*"):
            path.unlink()
    assert kept[0] == kept[1]
    assert len(kept[0][1]) > 3


def test_a_relative_reset_is_read_each_time(line):
    headers = {
        "X-Codex-Primary-Used-Percent": ["25"],
        "X-Codex-Primary-Window-Minutes": ["300"],
        "X-Codex-Primary-Reset-After-Seconds": ["3600"],
    }
    for number in (0, 120, 900):
        line.store(payload(number, provider="codex", response_headers=headers))
    found = line.connection.execute("select resets_at, observed_at from quota_window").fetchone()
    assert found[0] - found[1] == HOUR


def test_stored_again_says_the_same(line):
    messages = [answered(0), answered(90, "0.30"), answered(180, "0.35")]
    line.store(*messages)
    before = (window(line), readings(line))
    line.store(*messages)
    assert (window(line), readings(line)) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"auth_type": "apikey"},
        {"provider": "gemini", "executor_type": "GeminiExecutor"},
        # An attempt that got no answer shows the headers of the attempt before it, of another account (contract 0).
        {
            "failed": True,
            "ttft_ms": 0,
            "fail": {"status_code": 500, "body": 'Post "https://api.anthropic.com/v1/messages": EOF'},
        },
    ],
)
def test_headers_that_are_not_of_this_account_are_no_reading(line, changes):
    line.store(answered(**changes))
    assert window(line) is None
    assert line.number("select count(*) from event") == 1


def test_what_is_older_than_history_is_no_reading(line):
    line.store(answered(), now=AT + READINGS_KEPT + MINUTE)
    assert readings(line) == []


def test_a_batch_that_fails_forgets_what_it_had_read(line, monkeypatch):
    def refuse(*_):
        raise OSError("no room")

    monkeypatch.setattr("ingestd.store.next_revision", refuse)
    with pytest.raises(OSError, match="no room"):
        line.store(answered())
    monkeypatch.undo()
    assert window(line) is None
    line.pipeline.drain(NOW)
    assert window(line)[1] == 25.0


def five_hours(percent, *, reset_at="", after=None):
    return Answer(
        rows=[
            Row(
                key="five_hour",
                label="5h",
                scope="window",
                used_percent=percent,
                window=Length(seconds=18_000),
                reset_at=reset_at,
                reset_after_seconds=after,
            )
        ]
    )


def test_a_relative_reset_does_not_flicker_and_gives_way_to_a_named_one(line):
    connection = line.connection
    connection.execute("insert into credential values (1, 1, 'a', 'claude', 'oauth', 'a', 1)")
    keep(connection, 1, five_hours(10, after=3_600), "headers", NOW)
    assert window(line)[2:4] == (NOW + HOUR, "provisional")
    keep(connection, 1, five_hours(11, after=3_550), "headers", NOW + 70 * SECOND)
    assert window(line)[2:4] == (NOW + HOUR, "provisional")
    keep(connection, 1, five_hours(12, reset_at="2026-11-26T07:00:30Z"), "lookup", NOW + 2 * MINUTE)
    named = window(line)
    assert (named[3], named[5]) == ("scheduled", "lookup")
    keep(connection, 1, five_hours(13, after=3_400), "headers", NOW + 3 * MINUTE)
    assert window(line)[2:4] == named[2:4]


def test_a_new_cycle_forgets_the_outlook_of_the_old_one(line):
    connection = line.connection
    keep(connection, 1, five_hours(90, reset_at="2026-11-26T07:00:00Z"), "headers", NOW)
    connection.execute("update quota_window set outlook = 'runs_dry', empty_at = 5")
    keep(connection, 1, five_hours(91, reset_at="2026-11-26T07:00:00.528743Z"), "lookup", NOW + SECOND)
    assert connection.execute("select outlook, empty_at from quota_window").fetchone() == ("runs_dry", 5)
    keep(connection, 1, five_hours(0, reset_at="2026-11-26T12:00:00Z"), "headers", NOW + 2 * SECOND)
    assert connection.execute("select outlook, empty_at from quota_window").fetchone() == ("unknown", None)


def test_a_look_up_says_all_there_is_and_headers_add_to_it(line):
    connection = line.connection
    week = Row(key="seven_day", label="Weekly", scope="window", used_percent=5, window=Length(seconds=604_800))
    extra = Row(key="extra_usage", label="Extra Usage", scope="extra_usage", used=3, limit=10)
    keep(connection, 1, Answer(rows=[week, extra], plan="max", reset_credits=2), "lookup", NOW)
    keep(connection, 1, five_hours(7), "headers", NOW + SECOND)
    shown = "select key from quota_window order by key"
    assert connection.execute(shown).fetchall() == [("extra_usage",), ("five_hour",), ("seven_day",)]
    keep(connection, 1, Answer(rows=[week]), "lookup", NOW + DAY)
    assert connection.execute(shown).fetchall() == [("seven_day",)]
    assert connection.execute("select plan, reset_credits from quota_account").fetchone() == ("max", 2)
