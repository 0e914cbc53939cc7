"""Alibaba Cloud Model Studio, international (Singapore): what it lists for the models it makes, in dollars.

A line: model, then input, cache read, cache write and output per million tokens, and the same above so many tokens.
As models.dev has it (its directory `alibaba`); checked against the page where that can be read. What is not listed
for the cache costs what input costs.
"""

from decimal import Decimal

from ingestd.pricebook.catalogue_format import Model, Seller, Version

PAGE = "https://www.alibabacloud.com/help/en/model-studio/model-pricing"

_Four = tuple[str, str, str, str]

PRICES: dict[str, tuple[_Four, dict[int, _Four]]] = {
    "qwen3-coder-plus": (
        ("1", "0.2", "1.25", "5"),
        {
            32_000: ("1.8", "0.36", "2.25", "9"),
            128_000: ("3", "0.6", "3.75", "15"),
            256_000: ("6", "1.2", "7.5", "60"),
        },
    ),
    "qwen3-coder-flash": (
        ("0.3", "0.06", "0.375", "1.5"),
        {
            32_000: ("0.5", "0.1", "0.625", "2.5"),
            128_000: ("0.8", "0.16", "1", "4"),
            256_000: ("1.6", "0.32", "2", "9.6"),
        },
    ),
    "qwen3-max": (
        ("1.2", "0.24", "1.5", "6"),
        {32_000: ("2.4", "0.48", "3", "12"), 128_000: ("3", "0.6", "3.75", "15")},
    ),
    "qwen3-max-preview": (
        ("1.2", "0.24", "1.2", "6"),
        {32_000: ("2.4", "0.48", "2.4", "12"), 128_000: ("3", "0.6", "3", "15")},
    ),
    "qwen3-coder-480b-a35b-instruct": (
        ("1.5", "1.5", "1.5", "7.5"),
        {
            32_000: ("2.7", "2.7", "2.7", "13.5"),
            128_000: ("4.5", "4.5", "4.5", "22.5"),
            256_000: ("9", "9", "9", "90"),
        },
    ),
    "qwen3.6-max-preview": (("1.3", "0.13", "1.625", "7.8"), {128_000: ("2", "0.2", "2.5", "12")}),
    "qwen3.5-397b-a17b": (("0.6", "0.6", "0.6", "3.6"), {}),
    "qwen3-vl-flash": (
        ("0.05", "0.01", "0.0625", "0.4"),
        {32_000: ("0.075", "0.015", "0.09375", "0.6"), 128_000: ("0.12", "0.024", "0.15", "0.96")},
    ),
    "qwen3-vl-plus": (
        ("0.2", "0.04", "0.25", "1.6"),
        {32_000: ("0.3", "0.06", "0.375", "2.4"), 128_000: ("0.6", "0.12", "0.75", "4.8")},
    ),
    "qwen3.5-plus": (("0.4", "0.04", "0.5", "2.4"), {256_000: ("0.5", "0.05", "0.625", "3")}),
    "qwen3.5-flash": (("0.1", "0.01", "0.125", "0.4"), {}),
    "qwen3.6-plus": (("0.5", "0.05", "0.625", "3"), {256_000: ("2", "0.2", "2.5", "6")}),
    "qwen3.6-flash": (("0.25", "0.025", "0.3125", "1.5"), {256_000: ("1", "0.1", "1.25", "4")}),
    "qwen3.7-plus": (("0.4", "0.08", "0.5", "1.6"), {256_000: ("1.2", "0.24", "1.5", "4.8")}),
    "qwen3.8-flash": (("0.15", "0.016", "0.2", "0.47"), {}),
    "qwen-plus": (("0.4", "0.08", "0.5", "1.2"), {256_000: ("1.2", "0.24", "1.5", "3.6")}),
    "qwen-flash": (("0.05", "0.01", "0.063", "0.4"), {256_000: ("0.25", "0.05", "0.313", "2")}),
    "qwen-max": (("1.6", "0.32", "1.6", "6.4"), {}),
    "qwen-turbo": (("0.05", "0.01", "0.05", "0.2"), {}),
    "qwq-plus": (("0.8", "0.8", "0.8", "2.4"), {}),
}

THINKING = {"qwen-plus": "thinking costs 4 dollars a million tokens of output there", "qwen-turbo": "0.5 dollars"}
"""Models whose output costs more when they think; an event cannot tell, so that those prices are the lower ones."""


def seller(read: str) -> tuple[Seller, list[Model]]:
    """Alibaba as a seller, which the page `PAGE` lists."""
    names = ("dashscope", "alibaba", "aliyun", "bailian", "modelstudio", "qwen")
    found = Seller(
        "alibaba",
        "Alibaba Cloud Model Studio",
        PAGE,
        read,
        provider_match=["or", *(["contains", name] for name in names)],
        model_match=["or", ["starts_with", "qwen"], ["starts_with", "qwq"]],
    )
    return found, [Model(model, True, (model,), (), (_version(*prices),)) for model, prices in PRICES.items()]


def _version(base: _Four, above: dict[int, _Four]) -> Version:
    return Version("", "", _micros(base), tuple((tokens, _micros(four)) for tokens, four in above.items()))


def _micros(four: _Four) -> tuple[int, ...]:
    return tuple(int(Decimal(price) * 1_000_000) for price in four)
