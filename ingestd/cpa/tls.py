"""TLS towards CPA. Its port is TLS as a whole or not at all (contract 1.2)."""

import socket
import ssl
from functools import lru_cache


def context(*, skip_verify: bool) -> ssl.SSLContext:
    """Trusts this host's authorities, or anybody. Offers no ALPN, without which CPA would take RESP for HTTP."""
    trusting = ssl.create_default_context()
    if skip_verify:
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
    return trusting


@lru_cache(maxsize=2)
def http_context(*, skip_verify: bool) -> ssl.SSLContext:
    """The one of every HTTP client, which each offers `http/1.1` with.

    To read the authorities takes 20 ms, for which no other thread runs: a hundred clients that begin to ask at once
    would hold up collecting for half a second.
    """
    return context(skip_verify=skip_verify)


def spoken_at(host: str, port: int, *, seconds: float) -> bool:
    """Whether the port speaks TLS. Asked when it closes a plain connection without a word, as it also does while
    management is off (contract 1.3); sends no key.
    """
    try:
        with (
            socket.create_connection((host, port), seconds) as plain,
            context(skip_verify=True).wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False
