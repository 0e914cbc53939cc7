"""Which model of the catalogue an event's names mean.

The spellings come from `shared.model_names`. Within each group of them the provider narrows the search: its own
prices, then those of a vendor that the name begins with, then those of the model's maker. Only when none of them knows
any spelling does any seller's price count: many resell a model, at other prices, under names that hold its own.
The client's alias is never asked for: people call one vendor's model by another's name.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ingestd.pricebook.catalogue_format import ModelNames, Seller, decode_names, decode_seller
from shared.model_names import (
    Clause,
    Match,
    MatchedBy,
    Spelling,
    is_resold,
    matches,
    resold_name,
    spellings,
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
    "xai": "x-ai",
    "kimi": "moonshotai",
    "moonshot": "moonshotai",
    "openai": "openai",
    "anthropic": "anthropic",
}
"""CPA's provider names → the catalogue's. Antigravity sells by subscription only, so that its models are priced as
their makers sell them."""

COMPATIBLE_PREFIX = "openai-compatible-"

ANY_SELLER = (
    "openai", "anthropic", "google", "deepseek", "x-ai", "moonshotai", "zai", "alibaba", "minimax", "mistral",
    "cohere", "openrouter",
)  # fmt: skip
"""Who is asked first when nothing narrows the search: makers, then the reseller with the widest choice."""


GIVEN_AWAY = ":free"
"""How routers call what they give away: its maker's price is not charged, and what is instead no list says."""


class Found(NamedTuple):
    """A catalogue model, and how it was found."""

    seller: str
    model: str
    match: Match


class _Entry(NamedTuple):
    model: str
    position: int


class _Shelf:
    """The models of one seller. Names that a rule spells out are looked up; only the other rules are tried in turn."""

    def __init__(self, lines: list[bytes]) -> None:
        self._exact: dict[str, _Entry] = {}
        self._own: dict[str, _Entry] = {}
        self._patterns: list[tuple[_Entry, tuple[Clause, ...]]] = []
        for position, line in enumerate(lines):
            self._add(decode_names(line), position)

    def _add(self, names: ModelNames, position: int) -> None:
        """In the catalogue's order: of two models that answer to a name, the first does."""
        entry = _Entry(names.model, position)
        for name in names.names:
            self._exact.setdefault(name, entry)
        if names.patterns:
            self._patterns.append((entry, names.patterns))
        if is_resold(names.model):
            self._own.setdefault(resold_name(names.model), entry)

    def look(self, name: str) -> str | None:
        """The model that answers to a name in lower case: by its rule, else by its own name behind a vendor's."""
        exact = self._exact.get(name)
        for entry, clauses in self._patterns:
            if exact is not None and exact.position < entry.position:
                return exact.model
            if any(matches(clause, name) for clause in clauses):
                return entry.model
        found = exact or self._own.get(name)
        return None if found is None else found.model


class Catalogue:
    """The sellers of a catalogue; what each sells is decoded when it is first looked for."""

    def __init__(self, data: bytes) -> None:
        self._sellers: dict[str, Seller] = {}
        self._lines: dict[str, list[bytes]] = {}
        self._shelves: dict[str, _Shelf] = {}
        models: list[bytes] = []
        for line in data.splitlines()[1:]:
            if line.startswith(b"{"):
                seller = decode_seller(line)
                self._sellers[seller.id] = seller
                models = self._lines[seller.id] = []
            else:
                models.append(line)
        first = [seller for seller in ANY_SELLER if seller in self._sellers]
        self._any = [*first, *(seller for seller in self._sellers if seller not in first)]

    def find(self, provider: str, model: str) -> Found | None:
        """The catalogue model for the name that the upstream was asked for, or None: then the event is unpriced."""
        if model.strip().lower().endswith(GIVEN_AWAY):
            return None
        groups = spellings(model)
        for search in (self._nearest(provider, groups), self._anybody(groups)):
            for seller, spelling in search:
                hit = self.shelf(seller).look(spelling.name)
                if hit is not None:
                    return Found(seller, hit, undecorated(MatchedBy.AS_SENT, spelling))
        return None

    def shelf(self, seller: str) -> _Shelf:
        """What a seller of the catalogue sells."""
        found = self._shelves.get(seller)
        if found is None:
            found = self._shelves[seller] = _Shelf(self._lines.pop(seller))
        return found

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

    def _nearest(self, provider: str, groups: list[list[Spelling]]) -> Iterator[tuple[str, Spelling]]:
        """The provider's own prices, a vendor's that the name begins with, the maker's; likeliest spelling first."""
        own = self.seller_of(provider)
        for group in groups:
            if own is not None:
                yield from ((own, spelling) for spelling in group)
            for spelling in group:
                if spelling.prefix in self._sellers:
                    yield spelling.prefix, spelling
            for spelling in group:
                maker = self.maker_of(spelling.name)
                if maker is not None:
                    yield maker, spelling

    def _anybody(self, groups: list[list[Spelling]]) -> Iterator[tuple[str, Spelling]]:
        for group in groups:
            for seller in self._any:
                yield from ((seller, spelling) for spelling in group)
