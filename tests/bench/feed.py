"""A CPA stand-in as a process of its own: with a backlog to drain at full speed, or new events at a constant rate."""

import argparse
import sys
import time

from shared.clock import DAY
from tests.bench.reference import ANCHOR, Traffic
from tests.cpa.stand_in import DEFAULT_KEY, StandIn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed")
    parser.add_argument("--backlog", type=int, default=0)
    options = parser.parse_args()
    payloads = list(Traffic(2).events(options.backlog, ANCHOR - DAY, ANCHOR)) if options.backlog else []
    with StandIn(key=DEFAULT_KEY) as stand_in:
        stand_in.queue.preload(iter(payloads))
        print(stand_in.url, flush=True)
        live = Traffic(3).events(10_000_000, ANCHOR, ANCHOR + 10_000_000 * 2_000)  # 500 a second of the data's time
        for line in sys.stdin:  # each line: a new rate per second, until the pipe closes
            _publish(stand_in, live, *map(float, line.split()))
            print("done", flush=True)


def _publish(stand_in: StandIn, live, rate: float, seconds: float) -> None:
    start = time.monotonic()
    sent = 0
    while (elapsed := time.monotonic() - start) < seconds:
        due = int(elapsed * rate)
        if due > sent:
            stand_in.publish_many([next(live) for _ in range(due - sent)])
            sent = due
        time.sleep(0.005)


if __name__ == "__main__":
    main()
