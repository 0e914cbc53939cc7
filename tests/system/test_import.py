"""`cpa-usage-keeper import` as a person runs it: beside the daemons, killed, and from one installation to another."""

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.daemons import ROOT
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

SAMPLE = Path(__file__).parents[1] / "data" / "incumbent" / "app.db.gz"
COPIES = 2
TOKENS = ("requests", "failed", "input_tokens", "output_tokens", "cache_read_tokens", "total_tokens")


@pytest.fixture
def incumbent(tmp_path):
    """The sample, several times over, and a year old at least whatever the clock says."""
    path = tmp_path / "incumbent.db"
    path.write_bytes(gzip.decompress(SAMPLE.read_bytes()))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update usage_events set timestamp = replace(timestamp, '2026-11', '2025-01')")
        for copy in range(1, COPIES):
            connection.execute("create temp table copied as select * from usage_events where id <= 3000")
            month = f"2025-0{copy + 2}"
            connection.execute(
                "update copied set id = id + ?, timestamp = replace(timestamp, '2025-01', ?)", (10_000 * copy, month)
            )
            connection.execute("insert into usage_events select * from copied")
            connection.execute("drop table copied")
    return path


def command(keeper, *arguments):
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **keeper.installation.settings}
    return subprocess.Popen(
        [sys.executable, "-m", "cpa_usage_keeper", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(keeper, *arguments):
    process = command(keeper, *arguments)
    said, _ = process.communicate(timeout=100)
    return process.returncode, said


def figures(keeper):
    """What the dashboard shows of what was imported, in all and by model."""
    shown = keeper.get("/breakdown?from=2025-01-01&to=2025-12-31&by=model&limit=100")
    return shown["total"], {row["group"]["label"]: row["metrics"] for row in shown["rows"]}


def test_beside_daemons_that_collect_it_is_killed_resumed_exported_and_imported_again(cpa, keep, incumbent, tmp_path):
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(500))
    killed = command(keeper, "import", str(incumbent))
    imported = "select coalesce(sum(rows), 0) from chunk"
    eventually(lambda: keeper.number(imported) or killed.poll() is not None, "some of it is imported")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    cpa.publish_many(payload(number) for number in range(500, 1_000))
    code, said = run(keeper, "import", str(incumbent))
    assert (code, f"{COPIES * 3_000:,} requests" in said) == (0, True), said
    keeper.wait_settled(1_000)
    code, checked = run(keeper, "check")
    assert (code, f"{COPIES * 3_000 + 1_000} requests" in checked) == (0, True), checked
    keys = {key["label"] for key in keeper.get("/api-keys")["api_keys"]}
    assert {"Helpdesk bot", "Nightly jobs"} <= keys
    expected = figures(keeper)
    assert expected[0]["requests"] == COPIES * 3_000
    (one,) = keeper.get("/events?from=2025-01-01&to=2025-12-31&limit=1")["events"]
    detail = keeper.get(f"/events/{one['id']}")
    assert (detail["normalization"]["outcome"], detail["raw"]) == ("imported", None)
    assert detail["executor_type"].endswith("Executor")

    export = tmp_path / "export.jsonl"
    export.write_bytes(keeper.ask("/events/export?format=jsonl&from=2025-01-01&to=2025-12-31").content)
    code, said = run(keeper, "import", str(export))
    assert (code, "imported: 0\n" in said) == (0, True), said
    other = keep(cpa, folder="other", REDIS_QUEUE_MODE="http")
    code, said = run(other, "import", str(export))
    assert (code, f"imported: {COPIES * 3_000:,}" in said) == (0, True), said
    other.queryd.start()
    eventually(other.answers, "queryd answers")
    theirs = figures(other)
    assert {name: theirs[0][name] for name in TOKENS} == {name: expected[0][name] for name in TOKENS}
    assert set(theirs[1]) == set(expected[1])
    assert theirs[1]["gpt-5.2"] == expected[1]["gpt-5.2"]  # its costs, too
