"""The true reason alone: what is said of each situation, and what is not."""

import sqlite3
from pathlib import Path

import pytest
import structlog

from ingestd.cpa.errors import CpaError, ErrorKind, Refused, banned
from ingestd.diagnosis import Diagnosis, Situation
from ingestd.monitor import Findings
from ingestd.queue import Status
from ingestd.storage_trouble import StorageFull, storage_trouble
from shared.clock import SECOND
from shared.heartbeat import Statistics, Trouble
from tests.ingestd.conftest import NOW

ON = Statistics(enabled=True, checked_at=NOW)
FULL = Trouble(code="disk_full", message="m", since=1)


def situation(
    error: CpaError | None = None,
    *,
    connected: bool = True,
    transport="pop",
    mode="auto",
    findings: Findings | None = None,
    storage: Trouble | None = None,
    waiting: int = 0,
) -> Situation:
    return Situation(
        queue=Status(transport, connected, None, error),
        findings=findings or Findings(ON),
        storage=storage,
        waiting=waiting,
        mode=mode,
        queue_address="cpa.example:443",
    )


def said(of: Situation) -> list[tuple[str, str]]:
    with structlog.testing.capture_logs():
        return [(trouble.code, trouble.severity) for trouble in Diagnosis(lambda: NOW).troubles(of)]


def error(kind: ErrorKind) -> CpaError:
    return Refused(kind, "what was seen")


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (situation(), []),
        (situation(error(ErrorKind.WRONG_KEY), connected=False), [("wrong_key", "error")]),
        (situation(error(ErrorKind.UNREACHABLE), connected=False), [("unreachable", "error")]),
        # The same cause, seen by the management API too, is one trouble.
        (
            situation(
                error(ErrorKind.UNREACHABLE),
                connected=False,
                findings=Findings(Statistics(unknown_because="unreachable"), error(ErrorKind.UNREACHABLE)),
            ),
            [("unreachable", "error")],
        ),
        # A key that was changed, or a ban by somebody else: the open connection goes on.
        (
            situation(findings=Findings(Statistics(unknown_because="wrong_key"), error(ErrorKind.WRONG_KEY))),
            [("wrong_key", "warning")],
        ),
        (
            situation(
                error(ErrorKind.WRONG_KEY),
                findings=Findings(Statistics(unknown_because="wrong_key"), error(ErrorKind.WRONG_KEY)),
            ),
            [("wrong_key", "warning")],
        ),
        (
            situation(findings=Findings(Statistics(unknown_because="banned"), error(ErrorKind.BANNED))),
            [("banned", "warning")],
        ),
        # A switch that cannot be read is neither on nor off.
        (
            situation(findings=Findings(Statistics(unknown_because="protocol"), error(ErrorKind.PROTOCOL))),
            [("statistics_unknown", "warning")],
        ),
        (situation(findings=Findings(Statistics(enabled=False))), [("statistics_disabled", "error")]),
        # A proxy that lets only HTTP through.
        (situation(error(ErrorKind.PROTOCOL), transport="http"), [("resp_unavailable", "warning")]),
        (situation(error(ErrorKind.UNREACHABLE), transport="http"), [("resp_unavailable", "warning")]),
        (situation(error(ErrorKind.RESP_DISABLED), transport="http"), [("resp_disabled", "warning")]),
        (situation(transport="http", mode="http"), []),
        # Suspicions are warnings, and none while nothing can be collected.
        (situation(findings=Findings(ON, None, "diverted")), [("diverted", "warning")]),
        (situation(findings=Findings(ON, None, "shared")), [("shared", "warning")]),
        (situation(findings=Findings(ON, None, "diverted"), storage=FULL), [("disk_full", "error")]),
        (
            situation(error(ErrorKind.BANNED), connected=False, findings=Findings(ON, None, "diverted")),
            [("banned", "error")],
        ),
        (situation(waiting=11 * SECOND), [("slow_answers", "warning")]),
        (situation(waiting=2 * SECOND), []),
    ],
)
def test_each_situation_has_its_one_reason(of, expected):
    assert said(of) == expected


def troubles(of: Situation) -> dict[str, Trouble]:
    with structlog.testing.capture_logs():
        return {trouble.code: trouble for trouble in Diagnosis(lambda: NOW).troubles(of)}


def test_a_suspicion_names_the_innocent_causes_and_the_way_out():
    for code in ("diverted", "shared"):
        message = troubles(situation(findings=Findings(ON, None, code)))[code].message
        assert "count_tokens" in message
        assert "REDIS_QUEUE_MODE=subscribe" in message


def test_a_proxy_without_resp_is_named_with_both_ways_out():
    trouble = troubles(situation(error(ErrorKind.PROTOCOL), transport="http"))["resp_unavailable"]
    assert "REDIS_QUEUE_ADDR" in trouble.message
    assert "REDIS_QUEUE_MODE=http" in trouble.message
    assert trouble.parameters == {"address": "cpa.example:443", "reason": "protocol", "detail": "what was seen"}


def test_a_ban_says_until_when():
    ban = banned("IP banned due to too many failed attempts. Try again in 29m58s")
    trouble = troubles(situation(ban, connected=False))["banned"]
    assert trouble.parameters["until"] == ban.until
    assert "29m58s" not in trouble.message
    assert "UTC" in trouble.message


def test_still_collecting_is_said_where_it_is_so():
    of = situation(findings=Findings(Statistics(unknown_because="wrong_key"), error(ErrorKind.WRONG_KEY)))
    trouble = troubles(of)["wrong_key"]
    assert trouble.message.startswith("Events still come")
    assert trouble.parameters["still_collecting"] == 1


def test_a_trouble_keeps_the_time_it_began_and_beginning_and_end_are_logged_once():
    times = iter(range(NOW, NOW + 100 * SECOND, SECOND))
    diagnosis = Diagnosis(lambda: next(times))
    with structlog.testing.capture_logs() as logged:
        first = diagnosis.troubles(situation(error(ErrorKind.UNREACHABLE), connected=False))
        second = diagnosis.troubles(situation(error(ErrorKind.UNREACHABLE), connected=False))
        diagnosis.troubles(situation())
        diagnosis.troubles(situation())
    assert first[0].since == second[0].since == NOW
    assert [(entry["event"], entry["code"]) for entry in logged] == [
        ("trouble.began", "unreachable"),
        ("trouble.ended", "unreachable"),
    ]


def refused(code: int) -> sqlite3.DatabaseError:
    problem = sqlite3.DatabaseError("said by SQLite")
    problem.sqlite_errorcode = code
    return problem


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (StorageFull("only 5 MiB free"), "disk_full"),
        (refused(sqlite3.SQLITE_FULL), "disk_full"),
        (refused(sqlite3.SQLITE_BUSY), "storage_locked"),
        (refused(sqlite3.SQLITE_BUSY_SNAPSHOT), "storage_locked"),
        (refused(sqlite3.SQLITE_CORRUPT), "storage_damaged"),
        (refused(sqlite3.SQLITE_NOTADB), "storage_damaged"),
        (refused(sqlite3.SQLITE_READONLY), "storage_unwritable"),
        (refused(sqlite3.SQLITE_IOERR), "storage_failed"),
        (sqlite3.DatabaseError("no code"), "storage_failed"),
    ],
)
def test_each_error_of_the_file_has_its_reason_path_and_remedy(problem, code):
    trouble = storage_trouble(problem, Path("/work/dir/app.db"), NOW)
    assert trouble.code == code
    assert "/work/dir" in trouble.message
    assert str(problem) in trouble.message
