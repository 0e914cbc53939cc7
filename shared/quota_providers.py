"""Which providers can be asked what an account has left (contract A3, A11)."""

QUOTA_PROVIDERS = frozenset({"codex", "claude", "gemini-cli", "antigravity", "kimi", "xai"})
"""By the names that CPA gives their auth files. Keys of its configuration have no such endpoint."""
