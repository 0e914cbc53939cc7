"""TLS towards CPA. Its port is TLS as a whole or not at all (contract 1.2)."""

import socket
import ssl


def context(*, skip_verify: bool) -> ssl.SSLContext:
    """Trusts this host's authorities, or anybody. Offers no ALPN, without which CPA would take RESP for HTTP."""
    trusting = ssl.create_default_context()
    if skip_verify:
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
    return trusting


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
