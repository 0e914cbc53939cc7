"""How each group of providers counts tokens, and how an event is known to belong to one (contract, C5)."""

from enum import Enum


class Family(Enum):
    """How a group of providers counts."""

    CLAUDE = "claude"  # input without cache reads and writes
    GEMINI = "gemini"  # output without reasoning
    RESPONSES = "responses"  # input and output inclusive, the total is their sum
    OPENAI_COMPATIBLE = "openai_compatible"  # inclusive, if the server follows OpenAI
    STRICT = "strict"  # nothing is known: figures stand as they are


_BY_EXECUTOR = {
    "claudeexecutor": Family.CLAUDE,
    "geminiexecutor": Family.GEMINI,
    "geminivertexexecutor": Family.GEMINI,
    "geminicliexecutor": Family.GEMINI,
    "aistudioexecutor": Family.GEMINI,
    "antigravityexecutor": Family.GEMINI,
    "codexexecutor": Family.RESPONSES,
    "codexwebsocketsexecutor": Family.RESPONSES,
    "codexautoexecutor": Family.RESPONSES,
    "xaiexecutor": Family.RESPONSES,
    "xaiwebsocketsexecutor": Family.RESPONSES,
    "xaiautoexecutor": Family.RESPONSES,
    "kimiexecutor": Family.STRICT,
    "openaicompatexecutor": Family.OPENAI_COMPATIBLE,
}

_BY_PROVIDER = {
    "claude": Family.CLAUDE,
    "anthropic": Family.CLAUDE,
    "gemini": Family.GEMINI,
    "vertex": Family.GEMINI,
    "gemini-cli": Family.GEMINI,
    "gemini-cli-code-assist": Family.GEMINI,
    "gemini-interactions": Family.GEMINI,
    "aistudio": Family.GEMINI,
    "ai-studio": Family.GEMINI,
    "antigravity": Family.GEMINI,
    "codex": Family.RESPONSES,
    "xai": Family.RESPONSES,
    "kimi": Family.STRICT,
    "moonshot": Family.STRICT,
    "openai": Family.OPENAI_COMPATIBLE,
    "openai-compatible": Family.OPENAI_COMPATIBLE,
    "openai_compatible": Family.OPENAI_COMPATIBLE,
    "openai-compatibility": Family.OPENAI_COMPATIBLE,
    "openai_compatibility": Family.OPENAI_COMPATIBLE,
}


def family(executor_type: str, provider: str) -> tuple[Family, bool]:
    """How a request was counted, and whether that is a contract (known by executor) rather than a hint."""
    found = _BY_EXECUTOR.get(executor_type.strip().lower())
    if found is not None:
        return found, True
    name = provider.strip().lower()
    if name.startswith("openai-compatible-"):
        return Family.OPENAI_COMPATIBLE, False
    return _BY_PROVIDER.get(name, Family.STRICT), False
