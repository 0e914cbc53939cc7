"""The compiled catalogue: one JSON value a line, so that a new one can be read as a difference.

The first line says what it was made from. Then each seller, an object, is followed by its models, arrays.
`tools/catalogue` writes it; here it is read. Decoding a line raises msgspec.ValidationError.
"""

from importlib import resources

import msgspec

from shared.model_names import Clause

FILE = "catalogue.jsonl"
FORMAT = 2
"""Counted up when the compiler learns something."""


class Header(msgspec.Struct, frozen=True):
    """What the catalogue was made from."""

    format: int
    package: str
    tables: str  # the date of our own tables


class Seller(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who charges the prices that follow. `read`: when the page was read, a date.

    `currency`: what its list is in; other than USD, the prices are converted.
    """

    id: str
    name: str
    page: str
    read: str
    currency: str = "USD"
    provider_match: Clause | None = None  # over names of providers
    model_match: Clause | None = None  # over names of models: which of them it makes


class Version(msgspec.Struct, frozen=True, array_like=True):
    """Prices of a model from a date on (empty: always), perhaps for a part of each day only.

    `rates`: micro-dollars per million tokens: input, cache read, cache write, output, and where there are such, cache
    write for an hour and image output (0: none). `context_tiers`: the same above so many tokens of input, rising.
    """

    service_tier: str
    since: str
    rates: tuple[int, ...]
    context_tiers: tuple[tuple[int, tuple[int, ...]], ...] = ()
    hours: tuple[int, int, int] | None = None  # shared.prices.Hours
    image_sizes: tuple[int, ...] = ()


class Model(msgspec.Struct, frozen=True, array_like=True):
    """A model of a seller: the names that it answers to, in lower case, and the rules for others.

    `page` and `read` are the seller's where they are empty.
    """

    model: str
    maker: bool  # whether the seller made it
    names: tuple[str, ...]
    patterns: tuple[Clause, ...]
    versions: tuple[Version, ...]
    page: str = ""
    read: str = ""


class ModelNames(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The beginning of a model's line: all that finding it needs."""

    model: str
    maker: bool
    names: tuple[str, ...]
    patterns: tuple[Clause, ...]


decode_header = msgspec.json.Decoder(Header).decode
decode_seller = msgspec.json.Decoder(Seller).decode
decode_model = msgspec.json.Decoder(Model).decode
decode_names = msgspec.json.Decoder(ModelNames).decode


def read() -> bytes:
    """The catalogue that this program comes with."""
    return resources.files("ingestd.pricebook").joinpath(FILE).read_bytes()
