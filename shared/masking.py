"""What may be shown of a secret, and how texts from outside lose theirs before they are kept or sent."""

import re

_KEY_LIKE = re.compile(
    r"""(?x)
    \b(?:sk|rk|pk|xai|gsk|sess|ghp|gho|ghs|github_pat|AIza|ya29|eyJ|ak|key)[-_.A-Za-z0-9]{12,}
    | (?i:\bbearer\s+)[-_.~+/=A-Za-z0-9]{8,}
    """
)
_REDACTED = "[redacted]"


def mask(secret: str) -> str:
    """Enough of a key to recognize it by, never enough to use it; empty stays empty."""
    length = len(secret)
    if length == 0:
        return ""
    if length < 10:
        return "…"
    if length < 16:
        return f"{secret[:3]}…{secret[-2:]}"
    return f"{secret[:8] if length >= 24 else secret[:6]}…{secret[-4:]}"


def redact(text: str, *secrets: str) -> str:
    """`text` without the given secrets and without anything that looks like a key or a bearer token.

    Upstream error bodies quote keys ("Incorrect API key provided: sk-…"), so they pass through here first.
    """
    for secret in secrets:
        if len(secret) >= 8:
            text = text.replace(secret, _REDACTED)
    return _KEY_LIKE.sub(_REDACTED, text)
