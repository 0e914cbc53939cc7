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
    """`tests.bench.feed` as two processes. `url` is CPA's address, `queue` that of its queue (host:port)."""

    def __init__(self, backlog: int = 0) -> None:
        self._processes = [_started("--backlog", str(backlog)), _started("--management")]
        queue, self.url = (_line(process) for process in self._processes)
        self.queue = queue.removeprefix("http://")

    def publish(self, rate: float, seconds: float, *, management_delay: float = 0.0) -> None:
        """Begin to publish; `wait` for the end. Meanwhile the management API takes `management_delay` seconds."""
        for process, line in zip(self._processes, (f"{rate} {seconds}", f"{management_delay}"), strict=True):
            assert process.stdin is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()

    def wait(self) -> list[tuple[float, int]]:
        """Until all is published; gives when (monotonic seconds, which all processes share) how many had been."""
        return [(at, sent) for at, sent in json.loads(_line(self._processes[0]))]

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _started(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.bench.feed", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
