"""Where providers say what an account has left: private addresses that may change, so all of them stand here once.

A file `quota-endpoints.json` in WORK_DIR overrides any part of it: `{"codex.usage": {"url": "…", "headers": {…}}}`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

FILE_NAME: Final = "quota-endpoints.json"

TOKEN: Final = "Bearer $TOKEN$"  # noqa: S105 - CPA puts the account's token in its place
_JSON: Final = "application/json"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A request. Headers and data may name `{account_id}`, `{user_id}` and `{project}`.

    A header that comes out without a value is left out.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    data: str = ""


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str | None = None
    headers: Mapping[str, str] = {}
    data: str | None = None


class InvalidOverride(Exception):
    """The file cannot be used; the text is one sentence."""


_CODEX_HEADERS = {
    "Authorization": TOKEN,
    "Content-Type": _JSON,
    "User-Agent": "codex_cli_rs/0.76.0 (Debian 13.0.0; x86_64) WindowsTerminal",
    "Chatgpt-Account-Id": "{account_id}",
}
_CLAUDE_HEADERS = {"Authorization": TOKEN, "Content-Type": _JSON, "anthropic-beta": "oauth-2025-04-20"}
_GOOGLE_HEADERS = {"Authorization": TOKEN, "Content-Type": _JSON}
_ANTIGRAVITY_HEADERS = {
    **_GOOGLE_HEADERS,
    "User-Agent": "antigravity/cli/1.0.13 (aidev_client; os_type=darwin; arch=arm64)",
}
_XAI_HEADERS = {
    "Authorization": TOKEN,
    "x-xai-token-auth": "xai-grok-cli",
    "x-grok-client-version": "0.2.93",
    "Accept": "*/*",
    "User-Agent": "grok-pager/0.2.93 grok-shell/0.2.93 (macos; aarch64)",
    "x-userid": "{user_id}",
}
_GEMINI_METADATA = (
    '{"cloudaicompanionProject":"{project}","metadata":{"ideType":"IDE_UNSPECIFIED",'
    '"platform":"PLATFORM_UNSPECIFIED","pluginType":"GEMINI","duetProject":"{project}"}}'
)
_DAILY, _SANDBOX, _CLOUD = (
    f"https://{host}.googleapis.com/v1internal:"
    for host in ("daily-cloudcode-pa", "daily-cloudcode-pa.sandbox", "cloudcode-pa")
)

ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "codex.usage": Endpoint(method="GET", url="https://chatgpt.com/backend-api/wham/usage", headers=_CODEX_HEADERS),
    "codex.reset_credits": Endpoint(
        method="GET",
        url="https://chatgpt.com/backend-api/wham/rate-limit-reset-credits",
        headers={**_CODEX_HEADERS, "Accept": _JSON, "OpenAI-Beta": "codex-1", "Originator": "Codex Desktop"},
    ),
    "claude.usage": Endpoint(method="GET", url="https://api.anthropic.com/api/oauth/usage", headers=_CLAUDE_HEADERS),
    "claude.profile": Endpoint(
        method="GET", url="https://api.anthropic.com/api/oauth/profile", headers=_CLAUDE_HEADERS
    ),
    "gemini-cli.quota": Endpoint(
        method="POST", url=f"{_CLOUD}retrieveUserQuota", headers=_GOOGLE_HEADERS, data='{"project":"{project}"}'
    ),
    "gemini-cli.code_assist": Endpoint(
        method="POST", url=f"{_CLOUD}loadCodeAssist", headers=_GOOGLE_HEADERS, data=_GEMINI_METADATA
    ),
    **{
        f"antigravity.quota.{place}": Endpoint(
            method="POST",
            url=f"{host}retrieveUserQuotaSummary",
            headers=_ANTIGRAVITY_HEADERS,
            data='{"project":"{project}"}',
        )
        for place, host in enumerate((_DAILY, _SANDBOX, _CLOUD), start=1)
    },
    **{
        f"antigravity.tier.{place}": Endpoint(
            method="POST",
            url=f"{host}loadCodeAssist",
            headers=_ANTIGRAVITY_HEADERS,
            data='{"metadata":{"ideType":"ANTIGRAVITY"}}',
        )
        for place, host in enumerate((_DAILY, _CLOUD), start=1)
    },
    "kimi.usages": Endpoint(
        method="GET", url="https://api.kimi.com/coding/v1/usages", headers={"Authorization": TOKEN}
    ),
    "xai.weekly": Endpoint(
        method="GET", url="https://cli-chat-proxy.grok.com/v1/billing?format=credits", headers=_XAI_HEADERS
    ),
    "xai.monthly": Endpoint(method="GET", url="https://cli-chat-proxy.grok.com/v1/billing", headers=_XAI_HEADERS),
}
"""By name (contract A6 to A10, A16)."""


def load(folder: Path) -> Mapping[str, Endpoint]:
    """The table with what the file in `folder` changes. Raises `InvalidOverride`."""
    path = folder / FILE_NAME
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ENDPOINTS
    except OSError as problem:
        raise InvalidOverride(f"{FILE_NAME} cannot be read: {problem.strerror}") from problem
    try:
        changes = msgspec.json.decode(text, type=dict[str, Override])
    except msgspec.MsgspecError as problem:
        raise InvalidOverride(f"{FILE_NAME}: {problem}") from problem
    for name, change in changes.items():
        if name not in ENDPOINTS:
            raise InvalidOverride(f"{FILE_NAME} names {name}; there are {', '.join(ENDPOINTS)}")
        if change.url is not None and not change.url.startswith(("https://", "http://")):
            raise InvalidOverride(f"{FILE_NAME}: the url of {name} is no address")
    return {name: _changed(known, changes.get(name)) for name, known in ENDPOINTS.items()}


def _changed(known: Endpoint, change: Override | None) -> Endpoint:
    if change is None:
        return known
    return Endpoint(
        method=known.method,
        url=known.url if change.url is None else change.url,
        headers={**known.headers, **change.headers},
        data=known.data if change.data is None else change.data,
    )
