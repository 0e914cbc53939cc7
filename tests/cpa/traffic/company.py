"""What the company runs: its tools, the models they use, and when. Every figure here is a plausible invention.

Model names and prices exist in the `genai-prices` package, except the one fine-tuned model that nobody prices.
"""

from dataclasses import dataclass, field

from tests.cpa import accounts
from tests.cpa.accounts import ClientKey, Credential

FAMILIES = {
    "claude": "claude",
    "codex": "codex",
    "xai": "codex",
    "gemini": "google",
    "gemini-interactions": "google",
    "vertex": "google",
    "antigravity": "google",
}
"""The header and error family of a provider; the others speak like OpenAI."""


@dataclass(frozen=True, slots=True)
class Model:
    """`speed` is output tokens per second, `ttft_ms` the usual wait for the first byte."""

    name: str
    pool: tuple[Credential, ...]
    speed: float
    ttft_ms: int
    context: int = 200_000
    thinks: float = 0.0
    """The usual share of the output that is reasoning."""
    efforts: tuple[str, ...] = ("",)
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A client program. `endpoint` is CPA's route pattern."""

    user_agent: str
    endpoint: str
    streams: float = 1.0
    """The share of its requests that stream."""
    websocket: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """Sessions of one key with one tool. `sessions` and `turns` are means, per working day and per session."""

    name: str
    client: ClientKey
    tool: Tool
    hours: tuple[float, ...]
    sessions: float
    turns: float
    models: tuple[tuple[Model, float], ...]
    opening: int
    """Input tokens of the first turn: system prompt, tool definitions, question."""
    growth: int
    """Input tokens the usual further turn adds."""
    output: int
    """Output tokens of the usual turn."""
    pause: float
    """Seconds between an answer and the next turn."""
    weekends: float = 0.2
    tiers: tuple[tuple[str, float], ...] = field(default=(("auto", 1.0),))


_CLAUDE = (accounts.CLAUDE_TEAM, accounts.CLAUDE_MINA, accounts.CLAUDE_KEY)
_CODEX = (accounts.CODEX_TEAM, accounts.CODEX_LEO)
_LEVELS = ("low", "medium", "medium", "high", "high", "xhigh")

OPUS = Model("claude-opus-4-6", _CLAUDE, 58, 2100, thinks=0.3, efforts=("high", "high", "medium"))
SONNET = Model("claude-sonnet-4-6", _CLAUDE, 72, 1400, thinks=0.2, efforts=("", "medium", "high"))
SONNET_DATED = Model("claude-sonnet-4-5-20250929", _CLAUDE, 68, 1300, thinks=0.15, alias="sonnet")
HAIKU = Model("claude-haiku-4-5-20251001", _CLAUDE, 140, 600)
GPT = Model("gpt-5.4", _CODEX, 66, 1900, 400_000, 0.45, _LEVELS)
GPT_MINI = Model("gpt-5.4-mini", _CODEX, 120, 900, 400_000, 0.3, ("low", "medium"))
GPT_BIG = Model("gpt-5.5", _CODEX, 52, 2600, 400_000, 0.55, ("high", "xhigh"), alias="gpt-5.5(high)")
GPT_SOCKET = Model("gpt-5.3-codex", (accounts.CODEX_KEY,), 84, 1500, 272_000, 0.4, _LEVELS)
GPT_NANO = Model("gpt-5.4-nano", (accounts.CODEX_KEY, accounts.CODEX_TEAM), 170, 480, 400_000, 0.1, ("low", "none"))
GEMINI_PRO = Model(
    "gemini-3-pro-preview", (accounts.GEMINI_ONE, accounts.GEMINI_TWO), 92, 2800, 1_000_000, 0.4, ("high", "low")
)
GEMINI_FLASH = Model(
    "gemini-3-flash-preview", (accounts.GEMINI_ONE, accounts.GEMINI_TWO), 190, 700, 1_000_000, 0.2, ("", "low")
)
GEMINI_NATIVE = Model("gemini-2.5-flash", (accounts.INTERACTIONS,), 180, 650, 1_000_000, 0.2)
GEMINI_VERTEX = Model("gemini-2.5-pro", (accounts.VERTEX,), 88, 2400, 1_000_000, 0.3, ("auto",))
GEMINI_ANTIGRAVITY = Model("gemini-3-pro-preview", (accounts.ANTIGRAVITY,), 86, 3000, 1_000_000, 0.4, ("high",))
GROK = Model("grok-4.3", (accounts.XAI_NOA, accounts.XAI_KEY), 95, 1200, 1_000_000, 0.35, ("medium",))
GROK_CODE = Model("grok-code-fast-1", (accounts.XAI_KEY,), 160, 600, 256_000, 0.4)
KIMI = Model("kimi-k2.5", (accounts.KIMI,), 64, 1500, 256_000, 0.2)
KIMI_MESSAGES = Model("kimi-k2-thinking", (accounts.KIMI,), 60, 1700, 256_000, 0.5)
GLM = Model("z-ai/glm-4.7", (accounts.OPENROUTER_ONE, accounts.OPENROUTER_TWO), 80, 1100, 200_000, 0.2, alias="glm")
QWEN = Model("qwen/qwen3-coder", (accounts.OPENROUTER_TWO, accounts.OPENROUTER_ONE), 90, 1000, 256_000)
DEEPSEEK = Model("deepseek-chat", (accounts.DEEPSEEK,), 55, 1500, 128_000)
UNPRICED = Model("atlas-llama-4-ft", (accounts.LOCAL,), 48, 350, 64_000, alias="loc/atlas-llama-4-ft")
IMAGE_MODEL = "gpt-image-2"

CLAUDE_CLI = Tool("claude-cli/2.1.220 (external, cli)", "POST /v1/messages")
CODEX_CLI = Tool("codex_cli_rs/0.140.0 (Ubuntu 24.4.0; x86_64) xterm-256color", "POST /v1/responses")
CODEX_SOCKET = Tool("codex_cli_rs/0.140.0 (Mac OS 26.1.0; arm64) iTerm.app/3.6.6", "GET /v1/responses", websocket=True)
GEMINI_CLI = Tool("GeminiCLI/0.31.0/gemini-3-pro-preview (linux; x64)", "POST /v1beta/models/*action")
OPENCODE = Tool("opencode/1.4.2 ai-sdk/provider-utils/3.0.20 runtime/bun/1.3.4", "POST /v1/chat/completions")
OPENAI_PYTHON = Tool("OpenAI/Python 2.14.0", "POST /v1/chat/completions", streams=0.3)
ANTHROPIC_PYTHON = Tool("Anthropic/Python 0.76.0", "POST /v1/messages", streams=0.0)
CLINE = Tool("Cline/3.52.0", "POST /v1/chat/completions")
HTTPX = Tool("python-httpx/0.28.1", "POST /v1/responses", streams=0.0)
BOT = Tool("AtlasHelpdesk/4.2.1 (+node)", "POST /v1/chat/completions", streams=0.6)
INTERACTIONS = Tool("google-genai-sdk/1.60.0 gl-python/3.13.1", "POST /v1beta/interactions", streams=0.5)

OFFICE = tuple([0.0] * 8 + [0.4, 1.0, 1.5, 1.4, 0.6, 0.8, 1.5, 1.6, 1.5, 1.2, 0.7, 0.4, 0.4, 0.3, 0.2, 0.1])
EVENING = tuple([0.5, 0.2] + [0.0] * 7 + [0.1] * 9 + [0.3, 0.6, 1.3, 1.6, 1.4, 1.0])
ROUND_THE_CLOCK = tuple([0.35, 0.25, 0.2, 0.2, 0.25, 0.35, 0.5, 0.8] + [1.2] * 12 + [1.0, 0.9, 0.7, 0.5])
NIGHT = tuple([0.0, 0.0, 1.0, 1.0, 0.4] + [0.0] * 19)

WORKLOADS = (
    Workload(
        "web team, Claude Code", accounts.WEB, CLAUDE_CLI, OFFICE, 21, 27,
        ((SONNET, 6), (OPUS, 2), (HAIKU, 2), (SONNET_DATED, 0.6)), 19_000, 1_900, 520, 14,
    ),
    Workload(
        "mobile team, Codex", accounts.MOBILE, CODEX_CLI, OFFICE, 12, 25,
        ((GPT, 5), (GPT_MINI, 2), (GPT_BIG, 1)), 11_000, 2_300, 900, 12,
        tiers=(("auto", 8), ("priority", 1.2), ("fast", 0.3)),
    ),
    Workload(
        "mobile team, Codex over WebSocket", accounts.MOBILE, CODEX_SOCKET, OFFICE, 4, 20,
        ((GPT_SOCKET, 3), (GROK_CODE, 1)), 11_000, 2_000, 700, 10,
    ),
    Workload(
        "data science, notebooks", accounts.DATA, OPENAI_PYTHON, OFFICE, 11, 15,
        ((DEEPSEEK, 3), (GLM, 2), (GEMINI_FLASH, 2), (GEMINI_VERTEX, 2), (UNPRICED, 1)), 3_200, 700, 480, 20,
    ),
    Workload(
        "research, Gemini CLI", accounts.RESEARCH, GEMINI_CLI, OFFICE, 6, 18,
        ((GEMINI_PRO, 4), (GEMINI_FLASH, 1), (GEMINI_VERTEX, 1)), 14_000, 3_800, 700, 25,
    ),
    Workload(
        "research, comparisons", accounts.RESEARCH, OPENCODE, OFFICE, 5, 9,
        ((GROK, 2), (KIMI, 2), (GEMINI_ANTIGRAVITY, 2), (SONNET, 1)), 9_000, 1_800, 650, 30,
    ),
    Workload(
        "research, Kimi through the Claude protocol", accounts.RESEARCH, CLAUDE_CLI, OFFICE, 1, 10,
        ((KIMI_MESSAGES, 1),), 17_000, 1_500, 600, 20,
    ),
    Workload(
        "research, interactions", accounts.RESEARCH, INTERACTIONS, OFFICE, 3, 4,
        ((GEMINI_NATIVE, 1),), 2_000, 900, 500, 40,
    ),
    Workload(
        "Mina, evenings", accounts.MINA, CLINE, EVENING, 4, 22,
        ((QWEN, 2), (GLM, 2), (SONNET, 2), (GROK_CODE, 1), (GPT, 1)), 12_000, 1_900, 560, 18, weekends=1.3,
    ),
    Workload(
        "helpdesk bot", accounts.HELPDESK, BOT, ROUND_THE_CLOCK, 250, 2.2,
        ((GPT_NANO, 5), (GEMINI_FLASH, 3), (HAIKU, 2)), 2_600, 350, 210, 45, weekends=0.6,
    ),
    Workload(
        "nightly evaluation", accounts.NIGHTLY, HTTPX, NIGHT, 3, 42,
        ((GPT_MINI, 4), (GPT_NANO, 2)), 6_500, 40, 640, 2, weekends=1.0, tiers=(("flex", 5), ("auto", 1)),
    ),
)  # fmt: skip
"""A working day of about 2,200 requests."""

STEADY = tuple(workload for workload in WORKLOADS if workload.client is accounts.HELPDESK)
"""The bot that works round the clock: what fills the pauses where something must always happen."""

DEAR_JOB = Workload(
    "contract review", accounts.DATA, ANTHROPIC_PYTHON, tuple([1.0] * 24), 46, 9,
    ((OPUS, 1),), 62_000, 6_500, 2_600, 6, weekends=1.0,
)  # fmt: skip
"""What makes one day clearly dearer than the one before: one model on one key, all day."""
