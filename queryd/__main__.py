"""`python -m queryd`: settings, logs, the app, waitress; until SIGTERM."""

import errno
import gc
import logging
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

import structlog

from queryd import malloc
from queryd.app import create_app, open_to_network
from queryd.certificate import Certificate, CertificateError
from queryd.connections import Connections
from queryd.serving import HttpServer, bracketed
from queryd.writer import Writer
from shared import __version__, clock, logs, process_lock
from shared.settings import Settings, SettingsError, load
from shared.storage_errors import Unusable
from shared.systemd import Notifier
from shared.work_folder import prepare

CONNECTIONS = 10
"""To the file: one for each question that is worked on, and some for the status and for edits."""

REPLACED_SECONDS = 1.0
"""How soon a file that was replaced is let go: ingestd waits five seconds for it when it starts."""


def main() -> int:
    """Exit codes: 0 stopped, 1 cannot listen or use WORK_DIR, 2 the settings cannot be used."""
    malloc.configure()
    try:
        settings = load()
    except SettingsError as problem:
        return _complain(str(problem))
    try:
        certificate = _certificate(settings)
    except CertificateError as problem:
        return _complain(str(problem))
    try:
        prepare(settings.work_folder, writable=False)
    except Unusable as problem:
        return _complain(f"WORK_DIR: {problem}")
    logs.configure(
        "queryd",
        level=settings.log_level,
        console_format=settings.log_format,
        zone=settings.tz,
        folder=settings.work_folder / "logs" if settings.log_file_enabled else None,
        keep_days=settings.log_retention_days,
        secrets=settings.secrets,
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is what threads are for
    try:
        process_lock.hold(settings.work_folder, "queryd", shared=True)  # nobody replaces the file meanwhile
    except process_lock.AlreadyHeld as problem:
        return _complain(str(problem))
    except OSError:  # a folder that this user may only read: whoever replaces a file there finds it open
        pass
    return serve(settings, certificate)


def serve(settings: Settings, certificate: Certificate | None = None) -> int:
    """Answer until a signal."""
    log = structlog.get_logger("queryd")
    connections = Connections(settings.database, size=CONNECTIONS)
    writer = Writer(connections)
    app = create_app(settings, connections, clock.now, writer=writer)
    try:
        server = HttpServer(app, settings, certificate)
    except OSError as problem:
        log.critical(
            "cannot listen",
            host=settings.app_host or "*",
            port=settings.app_port,
            reason=problem.strerror or str(problem),
            remedy=_remedy(problem),
        )
        return 1

    # What was made until here stays: looking through it at each full collection would hold an answer up for 50 ms.
    gc.collect()
    gc.freeze()
    threading.Thread(target=_release_replaced, args=(connections, writer), name="replaced", daemon=True).start()

    notifier = Notifier()

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        notifier.stopping()
        connections.interrupt()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if open_to_network(settings):
        log.warning(
            "open to the network without a password",
            remedy="set LOGIN_PASSWORD, or APP_HOST=127.0.0.1",
        )
    log.info(
        "listening",
        url=_url(settings, server),
        version=__version__,
        addresses=sorted({f"{bracketed(host)}:{port}" for host, port in server.addresses}),
        base_path=settings.app_base_path or "/",
        database=str(settings.database),
    )
    server.run(notifier.turned)
    writer.close()
    connections.close()
    log.info("stopped")
    return 0


def _release_replaced(connections: Connections, writer: Writer) -> None:
    """Hold no file that was replaced, also while nobody asks anything: ingestd could not open the new one.

    SQLite locks a file for as long as a connection to its write-ahead log is open.
    """
    while True:
        time.sleep(REPLACED_SECONDS)
        connections.release_replaced()
        writer.release_replaced()


def _certificate(settings: Settings) -> Certificate | None:
    """What TLS_ENABLED asks for. Raises `CertificateError`."""
    if not settings.tls_enabled:
        return None
    return Certificate(settings.folder / settings.tls_cert_file, settings.folder / settings.tls_key_file)


def _url(settings: Settings, server: HttpServer) -> str:
    """What a person can open in a browser on this machine."""
    host, port = server.addresses[0]
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - read, not listened on
        host = "localhost"
    scheme = "https" if settings.tls_enabled else "http"
    return f"{scheme}://{bracketed(host)}:{port}{settings.app_base_path}/"


def _remedy(problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return "another program listens there: end it, or set APP_PORT to a free port"
    if problem.errno == errno.EACCES:
        return "ports below 1024 are the administrator's: set APP_PORT to a higher one"
    return "set APP_HOST to an address of this machine, or leave it empty for all of them"


def _complain(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - there is no log yet
    return 2


if __name__ == "__main__":
    sys.exit(main())
