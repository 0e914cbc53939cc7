"""Secrets out of what a person may look at: raw payloads, response headers, error bodies.

CPA's payloads carry the client's key, sometimes the upstream's key (`source`, contract 3.6), and whatever headers
and bodies a provider sent. What is a secret by its name goes whatever it looks like; what looks like a key goes
wherever it stands.
"""

import re
from typing import Any

from shared.masking import mask

SECRET_NAMES = frozenset(
    {
        "api_key",
        "apikey",
        "access_token",
        "access_token_sha256",
        "authorization",
        "cookie",
        "id_token",
        "password",
        "proxy-authorization",
        "refresh_token",
        "secret",
        "set-cookie",
        "token",
        "x-api-key",
        "x-goog-api-key",
    }
)
"""Names, lower case, whose values are secrets, in payloads and headers alike."""

_E_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")

# Ordered: the first match of a stretch of text wins.
_LOOKS_LIKE_A_KEY = re.compile(
    r"""
    (?P<lead>\b(?:bearer|basic)\s+|[?&](?:key|api_key|apikey|token|access_token|sig|signature)=)(?P<value>[^\s"'&,;]{6,})
  | (?P<known>
        \b(?:sk|pk|rk|xai|gsk|pplx|hf|nvapi|fw|tgp|csk|glpat|ghp|gho|ghu|ghs|ghr|github_pat|npm|xox[abeprs])[-_][A-Za-z0-9_\-]{6,}
      | \bAIza[A-Za-z0-9_\-]{16,}
      | \bya29\.[A-Za-z0-9_\-.]{8,}
      | \b1//[A-Za-z0-9_\-]{16,}
      | \bA(?:KIA|SIA)[A-Z0-9]{12,}
      | \beyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,2}
      | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----[\s\S]*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)
    )
  | (?P<uuid>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)
  | (?P<long>[A-Za-z0-9_\-+/=]{40,})
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact_text(text: str) -> str:
    """`text` without anything that looks like a key."""
    return _LOOKS_LIKE_A_KEY.sub(_masked, text)


def redact(value: Any, name: str = "") -> Any:
    """A decoded JSON value without secrets; `name` is the member or header it stands under."""
    lowered = name.lower()
    if lowered in SECRET_NAMES:
        return _mask_all(value)
    if isinstance(value, str):
        return _mask_source(value) if lowered == "source" else redact_text(value)
    if isinstance(value, list):
        return [redact(item, name) for item in value]
    if isinstance(value, dict):
        return {key: redact(item, key) for key, item in value.items()}
    return value


def _masked(match: re.Match[str]) -> str:
    if match["uuid"]:
        return match["uuid"]
    if match["lead"]:
        return match["lead"] + mask(match["value"])
    if match["known"]:
        return mask(match["known"])
    text = match["long"]
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mask(text) if mixed and text.count("/") < 4 else text  # a path is no key


def _mask_all(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_mask_all(item) for item in value]
    if isinstance(value, dict):
        return {key: _mask_all(item) for key, item in value.items()}
    return value


def _mask_source(source: str) -> str:
    """An account is shown when it is an e-mail address; anything else may be a raw key of the client or upstream."""
    return source if _E_MAIL.fullmatch(source) else mask(source)
