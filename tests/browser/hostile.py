"""A past in which every name and every figure is one that no page expects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tests.browser.traffic import plain
from tests.cpa.traffic.attempt import Attempt, payload
from tests.cpa.traffic.usage import subset

NAMES = (
    "a-model-name-of-eighty-characters-that-no-column-was-ever-made-to-hold-in-one-line",
    "模型名称很长而且没有空格所以必须在某处截断或者换行才能显示完整的内容",
    "نموذج-بالعربية-من-اليمين-إلى-اليسار",
    "🦜🔥👩‍👩‍👧‍👦-emoji-model",
    '<script>alert("model")</script>',
    " ",
    "model\u202egnp.exe",
)


def hostile(attempts: Sequence[Attempt], now: datetime) -> list[bytes]:
    """Names and figures that no page expects: five hundred models, and 1e15 tokens in two thousand requests."""
    made = []
    for number, one in enumerate([one for one in attempts if plain(one)][-2_000:]):
        name = NAMES[number % len(NAMES)] if number % 4 else f"model-{number:04d}"
        credential = replace(one.credential, key="", email=f"{name}@example.com", file=f"{number % 40}-{name}.json")
        odd = replace(one, model=name, alias=name, credential=credential, user_agent=f"{name}/1.0")
        if number % 2:
            huge = subset(1_000_000_000_000, 50_000_000_000, reasoning=1_000_000_000, read=600_000_000_000)
            odd = replace(odd, model="claude-opus-4-6" if number % 3 else name, usage=huge)
        body = payload(odd, now.tzinfo or UTC)
        if number % 50 == 7:
            body = body.replace(b'"latency_ms":', b'"latency_ms":86400000,"_":', 1)
        made.append(body)
    return made
