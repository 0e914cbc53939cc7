"""The certificate of TLS_CERT_FILE and TLS_KEY_FILE, read again when they change: nobody restarts for a renewal."""

import socket
import ssl
from pathlib import Path
from time import monotonic

import structlog

log = structlog.get_logger("queryd")

LOOK_EVERY_SECONDS = 1.0

WantsMore = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""Not an error: TLS has to wait for the other side before it goes on."""


class CertificateError(Exception):
    """The files cannot be used; says which and why."""


class Certificate:
    """What new connections are wrapped with."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises `CertificateError`."""
        self._files = (certificate, key)
        self._looked = monotonic()
        self._mark = self._marks()
        self._context = self._load()

    def wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        """The server's side of TLS; hands are shaken by the first read."""
        now = monotonic()
        if now - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = now
            self._look()
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _look(self) -> None:
        mark = self._marks()
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self._context = self._load()
        except CertificateError as problem:  # perhaps half of it is written: it is looked at again when it changes
            log.warning("the new certificate cannot be used; the one before is", reason=str(problem))
        else:
            log.info("the certificate has been read again", file=str(self._files[0]))

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate, key = self._files
        for name, path in (("TLS_CERT_FILE", certificate), ("TLS_KEY_FILE", key)):
            try:
                path.read_bytes()
            except OSError as problem:
                raise CertificateError(f"{name}: {path}: {problem.strerror}") from None
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (ssl.SSLError, ValueError) as problem:
            reason = getattr(problem, "reason", None) or str(problem)
            raise CertificateError(
                f"TLS_CERT_FILE and TLS_KEY_FILE: no certificate and its key in PEM, without a passphrase ({reason})"
            ) from None
        return context

    def _marks(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_mark(path) for path in self._files)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def _no_password() -> str:
    raise ValueError("the key has a passphrase")
