"""What a process costs, from /proc: resident memory in MiB, CPU in seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.daemons import ROOT

_TICKS = os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """Resident set now and at its peak, MiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return {
        name: round(int(fields[key].split()[0]) / 1024, 1)
        for name, key in (("resident_mib", "VmRSS"), ("peak_mib", "VmHWM"))
    }


def cpu(pid: int) -> float:
    """User and system time so far, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Feed:
    """`tests.bench.feed` as a process."""

    def __init__(self, backlog: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.feed", "--backlog", str(backlog)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def publish(self, rate: float, seconds: float, *, management_delay: float = 0.0) -> None:
        """Begin to publish; `wait` for the end. Meanwhile the management API takes `management_delay` seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{rate} {seconds} {management_delay}\n")
        self._process.stdin.flush()

    def wait(self) -> list[tuple[float, int]]:
        """Until all is published; gives when (monotonic seconds, which all processes share) how many had been."""
        assert self._process.stdout is not None
        return [(at, sent) for at, sent in json.loads(self._process.stdout.readline())]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
