"""The compiled catalogue, as the compiler writes it and the installer reads it: one JSON object a line."""

import msgspec

from shared.model_names import Clause
from shared.prices import ContextTier, Rates


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """Prices of a model from a moment on (UTC epoch microseconds; 0 = always), perhaps for a part of each day only."""

    service_tier: str
    effective_from: int
    daily_from: int | None  # seconds after midnight UTC
    daily_until: int | None
    rates: Rates
    context_tiers: tuple[ContextTier, ...]


class BundledProviderLine(msgspec.Struct, frozen=True, tag="provider"):
    id: str
    name: str
    provider_match: Clause | None
    model_match: Clause | None


class BundledModelLine(msgspec.Struct, frozen=True, tag="model"):
    provider: str
    model: str
    match: Clause
    versions: tuple[Version, ...]


Line = BundledProviderLine | BundledModelLine

decode_line = msgspec.json.Decoder(Line).decode
"""Raises msgspec.ValidationError for a line that is neither."""
