"""Providers that answer the contract's samples (A6 to A10), and want of a caller what they are known to want."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.cpa.api_call import Asked, Said, whole

SAMPLES: Mapping[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "quota" / "samples.json").read_bytes())

_GOOGLE = ("cloudcode-pa.googleapis.com", "daily-cloudcode-pa.googleapis.com")
_SANDBOX = "daily-cloudcode-pa.sandbox.googleapis.com"


class SampleProviders:
    """`changed`: other answers, by a part of the address; the first that fits."""

    def __init__(self) -> None:
        self.changed: dict[str, Said] = {}

    def __call__(self, asked: Asked) -> Said | None:
        for part, said in self.changed.items():
            if part in asked.url:
                return said
        return _said(asked)


def _said(asked: Asked) -> Said | None:
    target = urlsplit(asked.url)
    headers = {name.lower(): value for name, value in asked.headers.items()}
    found: object = None
    wanted = True
    match asked.method, target.netloc, target.path:
        case "GET", "chatgpt.com", "/backend-api/wham/usage":
            found, wanted = SAMPLES["codex"]["usage"], "codex" in headers.get("user-agent", "")
        case "GET", "chatgpt.com", "/backend-api/wham/rate-limit-reset-credits":
            found, wanted = SAMPLES["codex"]["reset_credits"], headers.get("openai-beta") == "codex-1"
        case "GET", "api.anthropic.com", "/api/oauth/usage" | "/api/oauth/profile" as path:
            found = SAMPLES["claude"][path.rpartition("/")[2]]
            wanted = headers.get("anthropic-beta") == "oauth-2025-04-20"
        case "POST", "cloudcode-pa.googleapis.com", "/v1internal:retrieveUserQuota":
            found, wanted = SAMPLES["gemini-cli"]["quota"], "project" in json.loads(asked.data)
        case "POST", host, "/v1internal:retrieveUserQuotaSummary" if host in (*_GOOGLE, _SANDBOX):
            found = SAMPLES["antigravity"]["summary"]
        case "POST", host, "/v1internal:loadCodeAssist" if host in _GOOGLE:
            is_antigravity = json.loads(asked.data)["metadata"]["ideType"] == "ANTIGRAVITY"
            found = SAMPLES["antigravity"]["tier"] if is_antigravity else SAMPLES["gemini-cli"]["code_assist"]
        case "GET", "api.kimi.com", "/coding/v1/usages":
            found = SAMPLES["kimi"]["usages"]
        case "GET", "cli-chat-proxy.grok.com", "/v1/billing":
            found = SAMPLES["xai"]["weekly" if target.query == "format=credits" else "monthly"]
            wanted = headers.get("x-xai-token-auth") == "xai-grok-cli"
    if found is None:
        return None
    return whole(found) if wanted else Said(403, '{"message":"permission denied"}')
