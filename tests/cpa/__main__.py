"""`python -m tests.cpa`: the stand-in as a process."""

import argparse
import sys
import time
from pathlib import Path

from tests.cpa.stand_in import DEFAULT_KEY, StandIn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.cpa", description="A stand-in for CLIProxyAPI.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8317, help="0 takes any free port; the URL is printed")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the management key (default: %(default)s)")
    parser.add_argument("--allow-remote", action="store_true")
    parser.add_argument("--retention", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="preload the lines of a JSON Lines file as they are"
    )
    options = parser.parse_args()
    stand_in = StandIn(
        host=options.host,
        port=options.port,
        key=options.key,
        allow_remote=options.allow_remote,
        retention_seconds=options.retention,
    )
    if options.replay:
        stand_in.queue.preload(line.rstrip(b"\n") for line in options.replay.open("rb"))
    with stand_in:
        print(f"CPA stand-in on {stand_in.url}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()
