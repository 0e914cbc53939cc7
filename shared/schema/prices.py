"""Price versions, tiers and rules."""

from shared.schema.base import IngestTable

PRICE_TABLES: tuple[type[IngestTable], ...] = ()
