"""`python -m tests.cpa`: the stand-in as a process, with traffic if wanted."""

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.company_quota import CompanyQuota
from tests.cpa.feed import Feed, History, days_of, live_attempts, retimed, without_pauses
from tests.cpa.stand_in import DEFAULT_KEY, StandIn

_EPILOG = """Faults and counters are at /stand-in/* on the same port, for callers on this host.
A preloaded history or replay is free of the retention time until it was popped; nothing else is."""


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.cpa", description="A stand-in for CLIProxyAPI.", epilog=_EPILOG
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8317, help="0 takes any free port; the URL is printed")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the management key (default: %(default)s)")
    parser.add_argument("--allow-remote", action="store_true", help="accept the key from other hosts")
    parser.add_argument("--retention", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--home", action="store_true", help="behave as a node of a cluster")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve TLS only")
    traffic = parser.add_argument_group("traffic")
    traffic.add_argument("--history", type=days_of, metavar="30d", help="preload the events of so many days")
    traffic.add_argument("--newest-first", action="store_true", help="preload the newest day first")
    traffic.add_argument("--live", action="store_true", help="requests in the rhythm of a working company")
    traffic.add_argument(
        "--without-pauses", type=float, metavar="SECONDS", help="with --live, never longer without a request"
    )
    traffic.add_argument("--rate", type=float, metavar="PER_SECOND", help="requests at a constant rate instead")
    traffic.add_argument("--seed", type=int, default=1)
    traffic.add_argument("--zone", type=ZoneInfo, default=ZoneInfo("Asia/Shanghai"), help="CPA's time zone")
    traffic.add_argument("--replay", type=Path, metavar="FILE", help="preload the lines of a JSON Lines file")
    traffic.add_argument("--retime", action="store_true", help="move the replay so that it ends now")
    return parser


def main() -> None:
    options = _arguments().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    invented = options.history is not None or options.live or options.rate
    documents = CompanyDocuments(options.zone)
    stand_in = StandIn(
        host=options.host,
        port=options.port,
        key=options.key,
        allow_remote=options.allow_remote,
        retention_seconds=options.retention,
        home=options.home,
        tls=tuple(options.tls) if options.tls else None,
        documents=documents if invented else None,
        upstream=CompanyQuota(options.zone) if invented else None,
    )
    documents.changed = stand_in.queue.refresh
    now = datetime.now(UTC).astimezone(options.zone)
    history = None
    if options.history is not None:
        history = History(options.history, now, options.seed, newest_first=options.newest_first)
    if options.replay:
        stand_in.queue.preload(_replay(options.replay, now if options.retime else None))
    elif history is not None:
        stand_in.queue.preload(history, after_live=options.newest_first)
    with contextlib.suppress(KeyboardInterrupt), stand_in:
        print(f"CPA stand-in on {stand_in.url}", flush=True)
        if options.live or options.rate:
            attempts = live_attempts(now, options.seed)
            if options.without_pauses:
                attempts = without_pauses(attempts, now, timedelta(seconds=options.without_pauses), options.seed)
            Feed(stand_in, documents, attempts, options.zone, options.rate).start()
        _report(stand_in, history)


def _replay(path: Path, end: datetime | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        lines = (line.rstrip(b"\r\n") for line in file)
        yield from retimed(lines, end) if end else lines


def _report(stand_in: StandIn, history: History | None) -> None:
    """One line that keeps up on a terminal; elsewhere a line when the history has been read."""
    terminal, told = sys.stdout.isatty(), history is None
    while True:
        time.sleep(1)
        counters = stand_in.queue.snapshot()
        if terminal:
            read = f"history {history.share:4.0%} read · " if history and not history.done else ""
            line = f"{read}{counters['popped'] + counters['delivered']:,} read · {stand_in.queue.waiting():,} waiting"
            print(f"\r\033[K{line} · {stand_in.strikes} strikes", end="", flush=True)
        elif history and history.done and not told:
            told = True
            print(f"history of {history.taken:,} events read", flush=True)


if __name__ == "__main__":
    main()
