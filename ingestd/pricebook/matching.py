"""Which model of the bundled catalogue an event's names mean.

The spellings come from `shared.model_names`. Within each group of them the provider narrows the search: its own
prices, then those of a vendor that the name begins with, then those of the model's maker; only then any seller's.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from shared.model_names import (
    Clause,
    Match,
    Spelling,
    bundled_ways,
    is_own_name,
    matches,
    parse_clause,
    undecorated,
)

SELLERS = {
    "claude": "anthropic",
    "codex": "openai",
    "gemini": "google",
    "gemini-interactions": "google",
    "gemini-cli": "google",
    "vertex": "google",
    "aistudio": "google",
    "antigravity": "google",
    "xai": "x-ai",
    "kimi": "moonshotai",
    "moonshot": "moonshotai",
    "openai": "openai",
    "anthropic": "anthropic",
}
"""CPA's provider names → the catalogue's."""

COMPATIBLE_PREFIX = "openai-compatible-"

ANY_SELLER = (
    "openai", "anthropic", "google", "deepseek", "x-ai", "moonshotai", "zai", "zhipuai", "minimax", "mistral",
    "cohere", "openrouter",
)  # fmt: skip
"""Who is asked first when nothing narrows the search: makers, then the reseller with the widest choice."""


class Seller(NamedTuple):
    id: str
    provider_match: Clause | None
    model_match: Clause | None


class Found(NamedTuple):
    """A catalogue model, and how it was found."""

    model_id: int
    seller: str
    model: str
    match: Match


class Catalogue:
    """The bundled models of one connection. Sellers are kept; models are read when a name is new."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sellers = {
            row[0]: Seller(row[0], *(parse_clause(text) if text else None for text in row[1:]))
            for row in connection.execute(
                "select id, provider_match, model_match from bundled_provider order by position"
            )
        }

    def find(self, provider: str, model: str, alias: str) -> Found | None:
        """The catalogue model for an event's names, or None: then the event is unpriced."""
        shelves = _Shelves(self._connection)
        for way, group in bundled_ways(model, alias):
            for seller, spelling in self._search(provider, group):
                hit = shelves.look(seller, spelling.name)
                if hit is not None:
                    return Found(hit[0], seller, hit[1], undecorated(way, spelling))
        return None

    def seller_of(self, provider: str) -> str | None:
        """Whose prices an event's provider charges, if the catalogue has them."""
        name = provider.strip().lower()
        known = SELLERS.get(name)
        if known is not None:
            return known if known in self._sellers else None
        name = name.removeprefix(COMPATIBLE_PREFIX)
        if name in self._sellers:
            return name
        for seller in self._sellers.values():
            if seller.provider_match is not None and matches(seller.provider_match, name):
                return seller.id
        return None

    def maker_of(self, name: str) -> str | None:
        """Who makes a model of that name."""
        for seller in self._sellers.values():
            if seller.model_match is not None and matches(seller.model_match, name):
                return seller.id
        return None

    def _search(self, provider: str, group: list[Spelling]) -> Iterator[tuple[str, Spelling]]:
        own = self.seller_of(provider)
        if own is not None:
            yield from ((own, spelling) for spelling in group)
        for spelling in group:
            if spelling.prefix in self._sellers:
                yield spelling.prefix, spelling
        for spelling in group:
            maker = self.maker_of(spelling.name)
            if maker is not None:
                yield maker, spelling
        first = [seller for seller in ANY_SELLER if seller in self._sellers]
        for seller in [*first, *(seller for seller in self._sellers if seller not in first)]:
            yield from ((seller, spelling) for spelling in group)


class _Shelves:
    """The models of each seller, read once a search."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._models: dict[str, list[tuple[int, str, Clause]]] = {}

    def look(self, seller: str, name: str) -> tuple[int, str] | None:
        """The model of a seller that answers to a name: by its rule, else by its own name behind a vendor's."""
        models = self._models.get(seller)
        if models is None:
            models = self._models[seller] = [
                (row[0], row[1], parse_clause(row[2]))
                for row in self._connection.execute(
                    "select id, model, match from bundled_model where provider = ? order by position", (seller,)
                )
            ]
        for model_id, model, clause in models:
            if matches(clause, name):
                return model_id, model
        for model_id, model, _ in models:
            if is_own_name(model, name):
                return model_id, model
        return None
