"""What an event cannot tell of its price: the service tier that it was served in, how long the cache keeps what it
wrote, and whether CPA saw all of its tokens. Each guess is marked on the cost.
"""

from functools import lru_cache
from typing import NamedTuple

from shared.normalization import Tokens
from shared.price_versions import Settings
from shared.prices import Billable, Mark, Price, rates

TIERS_MAX = 1_024
"""Most combinations of names kept in memory: clients choose the tier that they ask for, so there is a bound."""

_BASE_TIERS = frozenset({"", "auto", "default", "standard", "standard_only", "on_demand"})

_CODEX_TIERS = frozenset({"priority", "fast"})
"""All that CPA forwards to Codex; it takes any other tier out of the request (CLIProxyAPI,
internal/translator/codex/openai/responses/codex_openai-responses_request.go)."""

_WITHOUT_TIERS = frozenset({"antigravity", "gemini-cli"})
"""Google's Code Assist serves everybody alike, whatever a client asks for."""

_CLAUDE = "claudeexecutor"
_KIMI = "kimiexecutor"
_NOTHING = Mark(0)


class Tier(NamedTuple):
    """The service tier whose prices count (empty: the base prices), and whether an answer confirms it."""

    name: str
    assumed: bool


def billed_tier(event: Billable) -> Tier:
    """What the upstream says, else what was asked for.

    Codex over a ChatGPT login always answers `default`, so that there the tier asked for counts, if CPA asks for it
    upstream. The tier that Claude answers is another thing than its fast mode, which CPA asks for where a client asks
    for `priority`.
    """
    return _billed_tier(
        event.provider, event.executor_type, event.auth_type, event.service_tier, event.response_service_tier
    )


@lru_cache(TIERS_MAX)
def _billed_tier(provider: str, executor_type: str, auth_type: str, service_tier: str, response_tier: str) -> Tier:
    asked = _named(service_tier)
    answered = response_tier.strip()
    codex = provider == "codex"
    if provider in _WITHOUT_TIERS or (codex and asked not in _CODEX_TIERS):
        asked = ""
    if _is_claude(provider, executor_type) or (codex and auth_type == "oauth" and not _named(answered)):
        return Tier(asked, asked != "")
    return Tier(_named(answered), False) if answered else Tier(asked, asked != "")


def marks(event: Billable, tokens: Tokens, price: Price, tier: Tier, settings: Settings) -> Mark:
    """What must be said beside the cost of an event by that price."""
    found = Mark.TIER_ASSUMED if tier.assumed and price.service_tier else _NOTHING
    prices = price.rates if not price.context_tiers else rates(price, tokens.input)[0]
    if tokens.cache_write and prices.cache_write_1h is not None:
        writes = _cache_writes(event, settings)
        found = found | writes if found else writes  # joining flags takes longer than all the rest here
    if prices.image is not None and tokens.output > tokens.reasoning:
        found |= Mark.IMAGE_ASSUMED
    bounds = _bounds(event, tokens)
    return found | bounds if bounds and found else bounds or found


def _cache_writes(event: Billable, settings: Settings) -> Mark:
    """CPA asks for an hour on Claude accounts by login, and leaves to the client what keys ask for."""
    by_login = _is_claude(event.provider, event.executor_type) and event.auth_type == "oauth"
    hour = settings.claude_login_writes_1h if by_login else settings.key_writes_1h
    return Mark.CACHE_WRITES_1H if hour else Mark.CACHE_WRITES_5M


def _bounds(event: Billable, tokens: Tokens) -> Mark:
    """Measured on CPA v7.2.140: it publishes the counters of an early chunk of Vertex's streams, and does not read
    where Kimi's chat reports cache hits.
    """
    if event.failed:
        return _NOTHING
    if tokens.unclassified or event.provider == "vertex":
        return Mark.LOWER_BOUND
    if event.executor_type.lower() == _KIMI and tokens.input and not tokens.cache_read:
        return Mark.UPPER_BOUND
    return _NOTHING


def _is_claude(provider: str, executor_type: str) -> bool:
    return executor_type.lower() == _CLAUDE or (not executor_type and provider == "claude")


def _named(tier: str) -> str:
    name = tier.strip().lower()
    return "" if name in _BASE_TIERS else name
