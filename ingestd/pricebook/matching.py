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
    is_resold,
    matches,
    parse_clause,
    resold_name,
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


class _Model(NamedTuple):
    id: int
    name: str
    position: int


class _Shelf:
    """The models of one seller. Names that a rule spells out are looked up; only the other rules are tried in turn."""

    def __init__(self) -> None:
        self._exact: dict[str, _Model] = {}
        self._own: dict[str, _Model] = {}
        self._patterns: list[tuple[_Model, Clause]] = []

    def add(self, model: _Model, clause: Clause) -> None:
        """In the catalogue's order: of two models that answer to a name, the first does."""
        parts = clause[1:] if clause[0] == "or" else [clause]
        for part in parts:
            if part[0] == "equals":
                self._exact.setdefault(part[1], model)
        others = [part for part in parts if part[0] != "equals"]
        if others:
            self._patterns.append((model, ["or", *others]))
        if is_resold(model.name):
            self._own.setdefault(resold_name(model.name), model)

    def look(self, name: str) -> _Model | None:
        """The model that answers to a name in lower case: by its rule, else by its own name behind a vendor's."""
        exact = self._exact.get(name)
        for model, clause in self._patterns:
            if exact is not None and exact.position < model.position:
                return exact
            if matches(clause, name):
                return model
        return exact or self._own.get(name)


class Catalogue:
    """The bundled models of one connection, read once: some 3 MiB."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sellers = {
            row[0]: Seller(row[0], *(parse_clause(text) if text else None for text in row[1:]))
            for row in connection.execute(
                "select id, provider_match, model_match from bundled_provider order by position"
            )
        }
        self._shelves = {seller: _Shelf() for seller in self._sellers}
        for seller, clause, *model in connection.execute(
            "select provider, match, id, model, position from bundled_model order by position"
        ):
            if seller in self._shelves:
                self._shelves[seller].add(_Model(*model), parse_clause(clause))
        first = [seller for seller in ANY_SELLER if seller in self._sellers]
        self._any = [*first, *(seller for seller in self._sellers if seller not in first)]

    def find(self, provider: str, model: str, alias: str) -> Found | None:
        """The catalogue model for an event's names, or None: then the event is unpriced."""
        for way, group in bundled_ways(model, alias):
            for seller, spelling in self._search(provider, group):
                hit = self._shelves[seller].look(spelling.name)
                if hit is not None:
                    return Found(hit.id, seller, hit.name, undecorated(way, spelling))
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
        for seller in self._any:
            yield from ((seller, spelling) for spelling in group)
