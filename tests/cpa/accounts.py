"""Who there is in a CPA: client keys and credentials, with the auth indexes CPA derives for them (contract 6)."""

import hashlib
from dataclasses import dataclass, field, replace

AUTH_DIR = "/root/.cli-proxy-api"
_KEY_PREFIXES = {
    "claude": "claude-api-key",
    "codex": "codex-api-key",
    "gemini": "gemini-api-key",
    "gemini-interactions": "interactions-api-key",
    "xai": "xai-api-key",
}
_EXECUTORS = {
    "claude": "ClaudeExecutor",
    "codex": "CodexExecutor",
    "gemini": "GeminiExecutor",
    "gemini-interactions": "GeminiExecutor",
    "vertex": "GeminiVertexExecutor",
    "antigravity": "AntigravityExecutor",
    "kimi": "KimiExecutor",
    "xai": "XAIExecutor",
}


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A key that a person or a program calls CPA with, and where those calls come from."""

    key: str
    client_ip: str = "127.0.0.1"
    x_forwarded_for: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """An account or an upstream key. `file` is set for accounts (auth files), `key` for configured keys."""

    provider: str
    """As in events, so `openai-compatible-NAME` for a configured provider."""
    file: str = ""
    email: str = ""
    project: str = ""
    plan: str = ""
    key: str = ""
    base_url: str = ""
    compat_name: str = ""
    """The name of an openai-compatibility provider, as it is spelled in the configuration."""
    prefix: str = ""
    priority: int = 0
    note: str = ""
    weight: int = 0
    auth_index: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "auth_index", auth_index(self._seed()))

    @property
    def executor(self) -> str:
        return _EXECUTORS.get(self.provider, "OpenAICompatExecutor")

    @property
    def auth_type(self) -> str:
        """`oauth` for files, `apikey` for keys, `unknown` for a provider without one."""
        return "oauth" if self.file else "apikey" if self.key else "unknown"

    @property
    def auth_id(self) -> str:
        """CPA's internal name, as the errors channel shows it."""
        if self.file:
            return self.file
        digest = hashlib.sha256(f"{self.base_url}+{self.key}".encode()).hexdigest()[:12]
        kind = f"openai-compatibility:{self.compat_name.lower()}" if self.compat_name else f"{self.provider}:apikey"
        return f"{kind}:{digest}"

    def source(self, client: ClientKey) -> str:
        """The event's `source` (contract 3.6): project, e-mail or raw upstream key, else the client's key."""
        return (self.project if self.provider == "vertex" else "") or self.key or self.email or client.key

    def token_sha256(self, generation: int) -> str | None:
        """The digest of the access token in use; service accounts and keys have none."""
        if not self.file or self.provider == "vertex":
            return None
        return hashlib.sha256(f"made-up token {generation} of {self.file}".encode()).hexdigest()

    def _seed(self) -> str:
        if self.file:
            return f"{self.provider}:{AUTH_DIR}/{self.file}"
        if self.compat_name and self.key:
            return f"openai-compatibility:{self.base_url}+{self.key}"
        if self.provider in _KEY_PREFIXES:
            return f"{_KEY_PREFIXES[self.provider]}:{self.base_url}+{self.key}"
        return f"id:{self.auth_id}"


def auth_index(seed: str) -> str:
    """The first 8 bytes of the seed's SHA-256, in hex."""
    return hashlib.sha256(seed.encode()).digest()[:8].hex()


WEB = ClientKey("sk-atlas-web-team-5f1c0de7", "10.20.0.14", "203.0.113.24")
MOBILE = ClientKey("sk-atlas-mobile-team-90ab41c3", "10.20.0.14", "203.0.113.57")
DATA = ClientKey("sk-atlas-data-science-77e2d9b0", "10.20.3.41")
RESEARCH = ClientKey("sk-atlas-research-c4410e5a", "10.20.3.52")
NIGHTLY = ClientKey("sk-atlas-ci-nightly-1d83f6aa", "10.20.9.7")
HELPDESK = ClientKey("sk-atlas-helpdesk-bot-e07b5529", "10.20.9.12")
MINA = ClientKey("sk-atlas-mina-laptop-3b6d1f04", "10.20.0.14", "198.51.100.9, 10.20.0.2")

CLIENT_KEYS = (WEB, MOBILE, DATA, RESEARCH, NIGHTLY, HELPDESK, MINA)

CLAUDE_TEAM = Credential(
    "claude", file="claude-team@atlas.example.json", email="team@atlas.example", priority=5, note="Max 20x, shared"
)
CLAUDE_MINA = Credential("claude", file="claude-mina@atlas.example.json", email="mina@atlas.example")
CLAUDE_KEY = Credential("claude", key="sk-ant-api03-MADE-UP-atlas-overflow", base_url="https://api.anthropic.com")
CODEX_LEO = Credential("codex", file="codex-4be1a9c7-leo@atlas.example-pro.json", email="leo@atlas.example", plan="pro")
CODEX_TEAM = Credential(
    "codex", file="codex-92d0f3e1-dev@atlas.example-team.json", email="dev@atlas.example", plan="team", weight=4
)
CLAUDE_YUKI = Credential("claude", file="claude-yuki@atlas.example.json", email="yuki@atlas.example")
CLAUDE_INTERN = Credential("claude", file="claude-old-intern@atlas.example.json", email="old-intern@atlas.example")
CODEX_SAM = Credential(
    "codex", file="codex-7c02d5b8-sam@atlas.example-plus.json", email="sam@atlas.example", plan="plus"
)
CODEX_KEY = Credential("codex", key="sk-proj-MADE-UP-atlas-codex", base_url="https://api.openai.com/v1")
GEMINI_ONE = Credential("gemini", key="AIzaSyMADE-UP-atlas-000000000000000001")
GEMINI_TWO = Credential("gemini", key="AIzaSyMADE-UP-atlas-000000000000000002")
INTERACTIONS = Credential("gemini-interactions", key="AIzaSyMADE-UP-atlas-000000000000000003")
VERTEX = Credential(
    "vertex",
    file="vertex-atlas-prod-417.json",
    email="cpa@atlas-prod-417.iam.gserviceaccount.com",
    project="atlas-prod-417",
)
ANTIGRAVITY = Credential(
    "antigravity", file="antigravity-noa@atlas.example.json", email="noa@atlas.example", project="atlas-antigravity"
)
XAI_KEY = Credential("xai", key="xai-MADE-UP-atlas", base_url="https://api.x.ai/v1")
XAI_NOA = Credential("xai", file="xai-noa@atlas.example.json", email="noa@atlas.example")
KIMI = Credential("kimi", file="kimi-1769990400.json", note="研究组共用")
OPENROUTER_ONE = Credential(
    "openai-compatible-openrouter",
    key="sk-or-v1-MADE-UP-atlas-one",
    compat_name="OpenRouter",
    base_url="https://openrouter.ai/api/v1",
)
OPENROUTER_TWO = replace(OPENROUTER_ONE, key="sk-or-v1-MADE-UP-atlas-two")
DEEPSEEK = Credential(
    "openai-compatible-deepseek",
    key="sk-MADE-UP-atlas-deepseek",
    compat_name="DeepSeek",
    base_url="https://api.deepseek.com/v1",
)
LOCAL = Credential(
    "openai-compatible-local-llm", compat_name="local-llm", base_url="http://gpu-1.atlas.example:8000/v1", prefix="loc"
)

CREDENTIALS = (
    CLAUDE_TEAM,
    CLAUDE_MINA,
    CLAUDE_YUKI,
    CLAUDE_INTERN,
    CLAUDE_KEY,
    CODEX_LEO,
    CODEX_TEAM,
    CODEX_SAM,
    CODEX_KEY,
    GEMINI_ONE,
    GEMINI_TWO,
    INTERACTIONS,
    VERTEX,
    ANTIGRAVITY,
    XAI_KEY,
    XAI_NOA,
    KIMI,
    OPENROUTER_ONE,
    OPENROUTER_TWO,
    DEEPSEEK,
    LOCAL,
)
