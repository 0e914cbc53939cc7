"""A file that cannot be written: nothing more is taken out of CPA, it is said where it can be, and nothing is lost."""

import json
import os
import resource
import sqlite3
from collections import Counter
from contextlib import closing
from shutil import copyfile

import pytest

from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system


def lines(keeper):
    """ingestd's log so far."""
    return [json.loads(line) for line in keeper.ingestd.output.read_text().splitlines() if line[-1:] == "}"]


def logged(keeper):
    return [line["event"] for line in lines(keeper)]


def stands_still(cpa, keeper):
    """Events that arrive while the file cannot be written stay with CPA."""
    taken = cpa.queue.counters.popped
    cpa.publish_many(payload(number) for number in range(1_000, 1_500))
    for _ in range(30):
        assert cpa.queue.counters.popped == taken
        assert keeper.answers()
    assert keeper.ingestd.alive()
    assert max(Counter(logged(keeper)).values()) == 1, "each trouble is told once"
    return cpa.queue.counters.published


def test_a_file_that_is_locked_for_longer_than_patience_loses_nothing(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    with closing(sqlite3.connect(keeper.database, isolation_level=None)) as holder:
        holder.execute("begin immediate")
        cpa.publish_many(payload(number) for number in range(2, 12))
        eventually(lambda: "storage.failed" in logged(keeper), "ingestd gives up waiting")
        count = stands_still(cpa, keeper)
        assert keeper.settled == 1
        holder.execute("rollback")
    keeper.wait_settled(count)
    assert keeper.stored == count
    eventually(lambda: "storage.recovered" in logged(keeper), "it is over")
    eventually(lambda: not keeper.problems(), "no complaint is left")
    assert logged(keeper).count("storage.failed") == 1


def test_a_stop_while_the_file_is_locked_fails_and_loses_nothing(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish(payload(10))
    keeper.wait_settled(1)
    with closing(sqlite3.connect(keeper.database, isolation_level=None)) as holder:
        holder.execute("begin immediate")
        cpa.publish_many(payload(number) for number in range(10))
        taken = eventually(lambda: cpa.queue.counters.popped - 1, "a batch in hand")
        assert keeper.ingestd.stop() == 1
        told = [line for line in lines(keeper) if line["event"] == "ingestd.stopped_in_trouble"]
        assert [(line["kept"], line["lost"]) for line in told] == [(taken, 0)]
        holder.execute("rollback")
    keeper.ingestd.start()
    keeper.wait_settled(11)
    assert not list(keeper.folder.glob("unfiled-*"))


def damage(keeper, table):
    """Noise over the root page of a table, in the file itself, under the daemons' hands."""
    with closing(sqlite3.connect(keeper.database, isolation_level=None)) as connection:
        assert connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0
        (page,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    with keeper.database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
        file.flush()
        os.fsync(file.fileno())


def test_a_page_damaged_under_a_running_collector_stops_the_popping_and_loses_nothing(cpa, keep, tmp_path):
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(300))
    keeper.wait_settled(300)
    sound = tmp_path / "sound.db"
    with closing(sqlite3.connect(keeper.database)) as connection:
        connection.execute("vacuum into ?", (str(sound),))
    damage(keeper, "inbox")
    # The commit of another connection makes the collector forget the pages that it remembers.
    beat = keeper.number("select at from heartbeat")
    eventually(lambda: keeper.number("select at from heartbeat") > beat, "a heartbeat")
    cpa.publish_many(payload(number) for number in range(300, 330))
    eventually(lambda: {"storage.failed", "trouble.began"} <= set(logged(keeper)), "the damage is found and told")
    taken = cpa.queue.counters.popped
    cpa.publish_many(payload(number) for number in range(1_000, 1_100))
    for _ in range(30):
        refused = keeper.ask("/status").json()["error"]
        assert (refused["code"], str(keeper.database) in refused["message"]) == ("damaged", True)
    assert cpa.queue.counters.popped == taken
    assert keeper.ingestd.alive()
    told = [line for line in lines(keeper) if line["event"] == "storage.failed"]
    assert len(told) == 1
    held = told[0]["held"]
    assert keeper.ingestd.stop() == 1
    assert [line["lost"] for line in lines(keeper) if line["event"] == "ingestd.stopped_in_trouble"] == [0]
    # The copy is put in place with both stopped, as the sentence says, and what was in hand comes back.
    keeper.queryd.stop()
    for name in ("app.db", "app.db-wal", "app.db-shm"):
        (keeper.folder / name).unlink(missing_ok=True)
    copyfile(sound, keeper.database)
    keeper.start()
    keeper.wait_settled(300 + held + cpa.queue.counters.published - taken)


def test_a_disk_that_takes_nothing_more_loses_nothing(cpa, keep):
    """No file of ingestd may grow any more, which is what a full disk or an exhausted quota does to a write."""
    keeper = keep(cpa).start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    _, most = resource.prlimit(keeper.ingestd.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(keeper.ingestd.pid, resource.RLIMIT_FSIZE, (4_096, most))  # its log may
    cpa.publish_many(payload(number) for number in range(2, 12))
    taken = eventually(lambda: cpa.queue.counters.popped > 1 and cpa.queue.counters.popped, "a batch in hand")
    eventually(lambda: "storage.failed" in logged(keeper), "it is said")
    count = stands_still(cpa, keeper)
    assert cpa.queue.counters.popped == taken
    assert keeper.settled == 1
    resource.prlimit(keeper.ingestd.pid, resource.RLIMIT_FSIZE, (most, most))
    keeper.wait_settled(count)
    assert keeper.stored == count
    eventually(lambda: not keeper.problems(), "no complaint is left")


def test_a_start_on_a_file_that_is_no_database_is_refused_with_the_reason(cpa, keep):
    keeper = keep(cpa)
    keeper.folder.mkdir(exist_ok=True)
    keeper.database.write_bytes(b"this is no database, but somebody's text " * 100)
    keeper.ingestd.start()
    eventually(lambda: not keeper.ingestd.alive(), "ingestd refuses")
    assert keeper.ingestd.stop() == 1
    assert "not a database" in keeper.ingestd.output.read_text()
    assert keeper.database.read_bytes().startswith(b"this is no database")
    cpa.publish(payload(1))
    assert cpa.queue.waiting() == 1
