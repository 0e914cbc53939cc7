"""A CPA stand-in as processes of their own: one has a backlog to drain at full speed, or new events at a constant rate,
and another one answers the management API.

Within one process a question about 500 accounts would hold up the queue, which in CPA it does not: that would be
measured as the collector's lateness.
"""

import argparse
import json
import sys
import time
from itertools import chain

from shared.clock import DAY
from tests.bench.accounts import ManyAccounts, Quota
from tests.bench.reference import ANCHOR, Traffic
from tests.cpa.stand_in import DEFAULT_KEY, StandIn

_LIVE = 1_000_000
"""Most events of one run: 2,000 a second for eight minutes."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed")
    parser.add_argument("--backlog", type=int, default=0)
    parser.add_argument("--management", action="store_true")
    options = parser.parse_args()
    if options.management:
        _manage()
    else:
        _feed(options.backlog)


def _manage() -> None:
    documents = ManyAccounts(Traffic(3).credentials)
    with StandIn(key=DEFAULT_KEY, documents=documents, upstream=Quota()) as stand_in:
        print(stand_in.url, flush=True)
        for line in sys.stdin:  # each line: how long it hangs, seconds
            stand_in.faults.management_delay_seconds = float(line)


def _feed(backlog: int) -> None:
    payloads = list(Traffic(2).events(backlog, ANCHOR - DAY, ANCHOR)) if backlog else []
    traffic = Traffic(3)
    # 500 a second of the data's time. The first event takes as long as choosing for all of them: it is made before
    # anybody waits for it.
    live = traffic.events(_LIVE, ANCHOR, ANCHOR + _LIVE * 2_000)
    live = chain([next(live)], live)
    with StandIn(key=DEFAULT_KEY, documents=ManyAccounts(traffic.credentials)) as stand_in:
        stand_in.queue.preload(iter(payloads))
        print(stand_in.url, flush=True)
        for line in sys.stdin:  # each line: events a second, seconds
            rate, seconds = map(float, line.split())
            print(json.dumps(_publish(stand_in, live, rate, seconds)), flush=True)


def _publish(stand_in: StandIn, live, rate: float, seconds: float) -> list[tuple[float, int]]:
    """Gives when (monotonic seconds) how many events had been published in all."""
    published: list[tuple[float, int]] = []
    start = time.monotonic()
    sent = 0
    while (elapsed := time.monotonic() - start) < seconds:
        due = int(elapsed * rate)
        if due > sent:
            stand_in.publish_many([next(live) for _ in range(due - sent)])
            sent = due
            published.append((time.monotonic(), sent))
        time.sleep(0.005)
    return published


if __name__ == "__main__":
    main()
