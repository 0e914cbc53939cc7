"""`python -m queryd`: settings, logs, the app, waitress; until SIGTERM."""

import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

import structlog
from waitress.server import create_server

from queryd import memory
from queryd.app import create_app
from queryd.connections import Connections
from shared import __version__, clock, logs
from shared.settings import Settings, SettingsError, load

THREADS = 4
"""Questions at once. Two cores answer no faster with more, and each holds a connection and a chunk in memory."""

CONNECTIONS_MAX = 200
REQUEST_BODY_MAX = 64 * 1024
"""Bytes. Nothing that is sent here is long."""


def main() -> int:
    """Exit codes: 0 stopped, 1 cannot listen, 2 the settings cannot be used."""
    memory.settle()
    try:
        settings = load()
    except SettingsError as problem:
        return _complain(str(problem))
    if settings.auth_required or settings.tls_enabled:
        return _complain(
            "queryd cannot ask for a password (AUTH_ENABLED, LOGIN_PASSWORD) or serve https (TLS_ENABLED) yet. Unset"
            " them, listen on loopback (APP_HOST=127.0.0.1), and put a reverse proxy that does both in front of it."
        )
    settings.work_folder.mkdir(parents=True, exist_ok=True)
    logs.configure(
        "queryd",
        level=settings.log_level,
        zone=settings.tz,
        folder=settings.work_folder / "logs" if settings.log_file_enabled else None,
        keep_days=settings.log_retention_days,
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is what threads are for
    return serve(settings)


def serve(settings: Settings) -> int:
    """Answer until a signal."""
    log = structlog.get_logger("queryd")
    connections = Connections(settings.database, size=THREADS)
    app = create_app(settings, connections, clock.now)
    try:
        server = create_server(
            app,
            listen=f"{_bracketed(settings.app_host) or '*'}:{settings.app_port}",
            url_prefix=settings.app_base_path,
            threads=THREADS,
            connection_limit=CONNECTIONS_MAX,
            max_request_body_size=REQUEST_BODY_MAX,
            channel_timeout=60,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as problem:
        log.critical("cannot listen", host=settings.app_host or "*", port=settings.app_port, reason=problem.strerror)
        return 1

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        connections.interrupt()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info(
        "listening",
        version=__version__,
        addresses=sorted({f"{_bracketed(host)}:{port}" for host, port in _listening(server)}),
        base_path=settings.app_base_path or "/",
        database=str(settings.database),
    )
    server.run()
    connections.close()
    log.info("stopped")
    return 0


def _listening(server: object) -> list[tuple[str, int]]:
    several = getattr(server, "effective_listen", None)  # waitress gives one server, or a bundle of them
    if several is not None:
        return list(several)
    return [(getattr(server, "effective_host"), getattr(server, "effective_port"))]  # noqa: B009 - mypy: a bundle of servers has none


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _complain(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - there is no log yet
    return 2


if __name__ == "__main__":
    sys.exit(main())
