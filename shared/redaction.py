"""Secrets out of texts, before they are stored, shown or searched: the one list.

CPA's payloads carry the client's key, sometimes the upstream's (`source`, contract 3.6), whatever headers and bodies a
provider sent and whatever a client calls itself. What stands under a secret's name goes, whatever it looks like; what
looks like a key goes wherever it stands. Redacting twice changes nothing more, so rows that an earlier version stored
in clear come out as if they had been stored today.
"""

import re
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase
from typing import Any

GONE = "…"
"""What stands for what is not shown."""

SECRET_CHARACTERS_MIN = 6
"""Shorter secrets that are known (a client key may be `bob`) are left in texts: they are in half of all words."""

SECRET_NAMES = frozenset(
    {
        "api_key",
        "api-key",
        "apikey",
        "access_token",
        "access_token_sha256",
        "authorization",
        "client_secret",
        "cookie",
        "id_token",
        "passphrase",
        "passwd",
        "password",
        "private_key",
        "proxy-authorization",
        "refresh_token",
        "secret",
        "set-cookie",
        "token",
        "x-amz-security-token",
        "x-api-key",
        "x-goog-api-key",
    }
)
"""Names, lower case, whose values are secrets, in payloads and headers alike."""

_RECOGNIZABLE = frozenset({"api_key", "api-key", "apikey", "x-api-key", "x-goog-api-key", "access_token_sha256"})

_E_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")

# The patterns read text in lower case (`_lower`), and each alternative begins with a letter: so they are searched for
# about twenty times as fast as with IGNORECASE and \b in front, and every failed request's body passes here. Every
# repetition is bounded or over one class: the time is linear in the text, which comes from outside.

_SEPARATOR = r"""["'\\]{0,4}\s{0,2}[:=]\s{0,2}["'\\]{0,4}"""
_BEFORE_QUOTE = r"""["'\\]{0,4}\s{0,2}[:=]\s{0,2}"""
_VALUE = r"""[^\s"'\\&,;<>(){}\[\]]"""

_UNDER_A_NAME = re.compile(
    rf"""
    # A secret's name and its value: password=…, "api_key": "…", X-Api-Key: …, Authorization: Bearer …
    (?:api[-_ ]?key|access[-_ ]?key|account[-_ ]?key|subscription[-_ ]?key|private[-_ ]?key|secret|password|passwd
        |passphrase|pwd|access[-_ ]?token|refresh[-_ ]?token|id(?<![a-z]id)[-_ ]?token|auth[-_ ]?token
        |session[-_ ]?token|security[-_ ]?token|bearer[-_ ]?token|csrf[-_ ]?token|api[-_ ]?token|signature
        |authorization|credential)
        [\w.-]{{0,24}}(?:{_BEFORE_QUOTE}\\?"([^"\\\r\n]{{1,4096}})
            |{_SEPARATOR}(?:(?:bearer|basic|token|apikey|digest)\s{{1,2}})?({_VALUE}{{1,4096}}))
    # The same where only the value's look tells a secret from prose.
  | (?:token(?<![a-z]token)|key(?<![a-z]key)|auth(?<![a-z]auth)|sig(?<![a-z]sig)|jwt(?<![a-z]jwt))
        {_SEPARATOR}(?={_VALUE}{{0,64}}\d|{_VALUE}{{20}})({_VALUE}{{6,4096}})
  | cookie{_SEPARATOR}([^"'\\\r\n<>]{{1,4096}})
  | \?(?:key|apikey|token|auth|sig|code|jwt)=([^\s"'\\&<>]{{1,4096}})
  | &(?:key|apikey|token|auth|sig|code|jwt)=([^\s"'\\&<>]{{1,4096}})
  | (?:bearer|basic)\s{{1,3}}
        (?!(?:auth[a-z]*|tokens?|realm|error|credentials?|scheme|header|required|plan|access|is|was|not)\b)
        (?=[^\s"'\\&,;<>]{{0,64}}[\d=._~+/-]|[^\s"'\\&,;<>]{{12}})([^\s"'\\&,;<>]{{6,4096}})
    # user:password@ in an address or a data source name
  | ://([^\s/@:"'<>?\#]{{0,256}}:[^\s/"'<>?\#]{{0,256}})@(?=[^\s/])
  | :(?<=[\w.-]:)([^\s/"'<>]{{1,128}})@(?=(?:tcp|unix)?\()
  | -----begin[ ][a-z0-9 ]{{0,30}}private[ ]key-----((?:[^-]|-(?!----)){{1,65536}})
    """,
    re.VERBOSE,
)

_PREFIXES = (
    *("sk", "rk", "xai", "gsk", "pplx", "hf", "nvapi", "tgp", "csk", "glpat", "ghp", "gho", "ghu", "ghs", "ghr"),
    *("github_pat", "npm", "xoxa", "xoxb", "xoxe", "xoxp", "xoxr", "xoxs", "sess", "r8", "dapi", "tvly", "jina"),
)
_PREFIXES_OF_WORDS_TOO = ("ak", "key", "pk", "fw", "vk", "co", "lin", "dop_v1", "sbp")
"""These begin words as well (`key-value`), so that only a digit tells."""


def _beginning(words: tuple[str, ...]) -> str:
    return "(?:" + "|".join(rf"{word}(?<![a-z0-9]{word})" for word in words) + ")"


_KNOWN = re.compile(
    rf"""
    {_beginning(_PREFIXES)}[-_][a-z0-9_\-]{{6,4096}}
  | {_beginning(_PREFIXES_OF_WORDS_TOO)}[-_](?=[a-z0-9_\-]{{0,40}}\d)[a-z0-9_\-]{{12,4096}}
  | aiza(?<![a-z0-9]aiza)[a-z0-9_\-]{{16,4096}}
  | ya29(?<![a-z0-9]ya29)\.[a-z0-9_\-.]{{8,4096}}
  | 1//(?<![a-z0-9]1//)[a-z0-9_\-]{{16,4096}}
  | a(?:kia(?<![a-z0-9]akia)|sia(?<![a-z0-9]asia))[a-z0-9]{{12,4096}}
  | sg(?<![a-z0-9]sg)\.[a-z0-9_\-]{{16,64}}\.[a-z0-9_\-]{{16,64}}
  | eyj(?<![a-z0-9]eyj)[a-z0-9_\-]{{8,8192}}(?:\.[a-z0-9_\-]{{0,8192}}){{0,2}}
    """,
    re.VERBOSE,
)

_LONG = re.compile(r"[a-z0-9_\-+/=]{32,8192}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{32,64}")
_OF_A_REQUEST = re.compile(
    r"(?:request|trace|span|correlation|operation|message|response)[-_ ]?id" + _SEPARATOR + r"\Z"
)
_LEAD_CHARACTERS = 32
"""An identifier is what its name says within so many characters before it."""


def mask(secret: str) -> str:
    """Enough of a key to recognize it by, never enough to use it; empty stays empty, and a short one is all gone."""
    length = len(secret)
    if length == 0:
        return ""
    if length < 10:
        return GONE
    if length < 16:
        return f"{secret[:3]}{GONE}{secret[-2:]}"
    return f"{secret[:8] if length >= 24 else secret[:6]}{GONE}{secret[-4:]}"


def redact(text: str, *secrets: str) -> str:
    """`text` without the given secrets and without anything that looks like one."""
    for secret in secrets:
        if len(secret) >= SECRET_CHARACTERS_MIN:
            text = text.replace(secret, GONE)
    text = _replaced(text, _UNDER_A_NAME, lambda _found, _before: GONE)
    text = _replaced(text, _KNOWN, lambda found, _before: mask(found))
    return _replaced(text, _LONG, _long)


def redact_json(value: Any, name: str = "") -> Any:
    """A decoded JSON value without secrets; `name` is the member or header it stands under."""
    lowered = name.lower()
    if lowered in SECRET_NAMES:
        return _hidden(value, lowered)
    if isinstance(value, str):
        return _mask_source(value) if lowered == "source" else redact(value)
    if isinstance(value, list):
        return [redact_json(item, name) for item in value]
    if isinstance(value, dict):
        return {key: redact_json(item, key) for key, item in value.items()}
    return value


def without_login(url: str) -> str:
    """An address without the user and password that it may hold: what may be logged and stored of it."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url.rpartition("@")[2]
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _replaced(text: str, pattern: re.Pattern[str], replacement: Callable[[str, str], str]) -> str:
    """`text` with the group that matched, or the whole match, replaced; given it and what stands before it."""
    parts: list[str] = []
    at = 0
    for match in pattern.finditer(_lower(text)):
        start, end = match.span(match.lastindex or 0)
        parts += (text[at:start], replacement(text[start:end], text[max(0, start - _LEAD_CHARACTERS) : start]))
        at = end
    return "".join((*parts, text[at:])) if parts else text


def _lower(text: str) -> str:
    """`text` in lower case, place by place: a few letters would become two."""
    small = text.lower()
    return small if len(small) == len(text) else text.translate(_ASCII_LOWER)


_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def _long(found: str, before: str) -> str:
    """A long run of letters and digits may be a key, an identifier, a path, a name or a rule of dashes."""
    small = found.lower()
    mixed = any(c.isdigit() for c in found) and any(c.isalpha() for c in found)
    if not mixed or _UUID.fullmatch(small) or found.count("/") >= 4:
        return found
    if _HEX.fullmatch(small):
        return found if _OF_A_REQUEST.search(before.lower()) else mask(found)
    return mask(found) if len(found) >= 40 else found


def _hidden(value: Any, name: str) -> Any:
    """A secret under its name: keys stay recognizable, of a password nothing does."""
    if isinstance(value, str):
        return mask(value) if name in _RECOGNIZABLE else value and GONE
    if isinstance(value, list):
        return [_hidden(item, name) for item in value]
    if isinstance(value, dict):
        return {key: _hidden(item, name) for key, item in value.items()}
    return value


def _mask_source(source: str) -> str:
    """An account is shown when it is an e-mail address; anything else may be a raw key of the client or upstream."""
    return source if _E_MAIL.fullmatch(source) else mask(source)
