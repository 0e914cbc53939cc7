"""`python -m tests.clock 2027-03-28T00:59:50Z Europe/Berlin COMMAND …`: the command begins then, in that zone.

Debian's libfaketime moves the wall clock of the command and of every process it starts; the clock goes on from there.
"""

import argparse
import os
import sys
import time
from datetime import datetime
from pathlib import Path

SITE = Path(__file__).resolve().parent / "site"
_PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")


def library() -> Path:
    """The preloaded library. Raises FileNotFoundError when it is not installed."""
    for place in _PLACES:
        for path in Path("/").glob(place.removeprefix("/")):
            return path
    raise FileNotFoundError("libfaketime is missing: sudo apt install faketime")


def environment(begins: datetime, zone: str) -> dict[str, str]:
    """What to set so that a process which starts now sees `begins` on its wall clock.

    An offset rather than a moment: all processes then agree, without the memory that faketime's own command shares
    among them (a killed daemon would leave its lock held). The monotonic clock stays as it is, since Python waits for
    locks by a call that this library does not know, and would wait for decades; `tests/clock/site` mends what that
    switch breaks.
    """
    offset = round(begins.timestamp() - time.time())
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME": f"{offset:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",  # the same switch in older versions
        "PYTHONPATH": os.pathsep.join(filter(None, (str(SITE), os.environ.get("PYTHONPATH")))),
        "TZ": zone,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.clock", description=__doc__)
    parser.add_argument("begins", type=datetime.fromisoformat, help="such as 2027-03-28T00:59:50Z")
    parser.add_argument("zone", help="the machine's zone, such as Europe/Berlin")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        changes = environment(options.begins, options.zone)
    except FileNotFoundError as problem:
        sys.exit(str(problem))
    os.execvpe(options.command[0], options.command, os.environ | changes)  # noqa: S606 - running it is the purpose


if __name__ == "__main__":
    main()
