"""`sudo .venv/bin/python -m tests.drills`: a disk that fills up, and one that may only be read, under real daemons.

Each prints what was seen; it fails where something was lost, nothing was said, or it did not recover by itself. The
file systems are mounts of a namespace of their own, which ends with the process.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import payload
from tests.system.keeper import Keeper, eventually

DISK_MIB = 220
"""More than the 128 MiB that ingestd leaves free, and little enough to be filled in a moment."""

_INSIDE = "KEEPER_DRILLS_INSIDE"


def main() -> int:
    if os.geteuid() != 0:
        print("the drills mount file systems: run them as root", file=sys.stderr)
        return 2
    if _INSIDE not in os.environ:
        command = ["unshare", "--mount", sys.executable, "-m", "tests.drills"]
        return subprocess.run(command, env=os.environ | {_INSIDE: "1"}, check=False).returncode
    for drill in (disk_full, read_only):
        with tempfile.TemporaryDirectory() as folder:
            drill(Path(folder))
    return 0


@contextmanager
def disk(folder: Path, options: str = f"size={DISK_MIB}m") -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def disk_full(folder: Path) -> None:
    """Filled to the last byte while events arrive, and emptied again: no restart, nothing lost, one sentence."""
    with ExitStack() as opened:
        work = opened.enter_context(disk(folder / "keeper"))
        cpa = opened.enter_context(StandIn(retention_seconds=600))
        keeper = opened.enter_context(Keeper(work, cpa.url, DEFAULT_KEY, REDIS_QUEUE_IDLE_INTERVAL="50ms")).start()
        cpa.publish_many(payload(number) for number in range(1_000))
        keeper.wait_settled(1_000)
        pid = keeper.ingestd.pid
        filler = work / "filler"
        _fill(filler)
        said = eventually(lambda: keeper.problems().get("disk_full"), "the full disk is told")
        cpa.publish_many(payload(number) for number in range(1_000, 2_000))
        for _ in range(50):
            assert keeper.answers(), "queryd answers from a full disk"
        assert keeper.stored == 1_000, "what was committed stays"
        filler.unlink()
        keeper.wait_settled(2_000)
        assert keeper.stored == 2_000
        eventually(lambda: "disk_full" not in keeper.problems(), "it is over")
        assert keeper.ingestd.pid == pid, "without a restart"
        logged = keeper.ingestd.output.read_text().count('"storage.failed"')
        print(f"disk full: 1,000 kept, 1,000 waited in CPA and came; said {said!r}, logged {logged} time(s)")


def read_only(folder: Path) -> None:
    """A folder that may only be read at the start: one sentence; once it may be written, the same command runs."""
    with ExitStack() as opened:
        work = opened.enter_context(disk(folder / "keeper"))
        cpa = opened.enter_context(StandIn(retention_seconds=600))
        keeper = opened.enter_context(Keeper(work, cpa.url, DEFAULT_KEY, REDIS_QUEUE_IDLE_INTERVAL="50ms")).start()
        cpa.publish_many(payload(number) for number in range(100))
        keeper.wait_settled(100)
        keeper.ingestd.stop()
        keeper.queryd.stop()
        output = folder / "output"
        keeper.ingestd.output = keeper.queryd.output = output
        subprocess.run(["mount", "-o", "remount,ro", str(work)], check=True)
        keeper.ingestd.start()
        eventually(lambda: not keeper.ingestd.alive(), "ingestd refuses")
        assert keeper.ingestd.stop() == 1
        said = output.read_text().strip()
        assert "Traceback" not in said, said
        cpa.publish_many(payload(number) for number in range(100, 200))
        subprocess.run(["mount", "-o", "remount,rw", str(work)], check=True)
        keeper.start()
        keeper.wait_settled(200)
        assert keeper.stored == 200
        print(f"read-only: 100 kept, 100 waited in CPA and came; said {said.splitlines()[-1]!r}")


def _fill(path: Path) -> None:
    block = bytes(1024 * 1024)
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            return


if __name__ == "__main__":
    sys.exit(main())
