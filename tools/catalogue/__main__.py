"""`python -m tools.catalogue`: write the price catalogue anew (`make catalogue`)."""

import sys
from pathlib import Path

import msgspec

from ingestd.pricebook.catalogue_format import FILE, FORMAT, Header
from tools.catalogue import corrections, genai

TARGET = Path(__file__).parents[2] / "ingestd" / "pricebook" / FILE


def compiled() -> bytes:
    """The catalogue as the file holds it."""
    encode = msgspec.json.Encoder().encode
    lines = [encode(Header(FORMAT, genai.package(), corrections.TABLES_READ))]
    for seller, models in corrections.correct(genai.sellers()):
        lines += [encode(seller), *(encode(model) for model in models)]
    return b"\n".join(lines) + b"\n"


def main() -> int:
    TARGET.write_bytes(compiled())
    return 0


if __name__ == "__main__":
    sys.exit(main())
