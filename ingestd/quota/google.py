"""Google's Code Assist: Gemini CLI (contract A8) and Antigravity (A9)."""

import re
from collections.abc import Iterator

from ingestd.quota.fields import Fields, as_number
from ingestd.quota.rows import FIVE_HOURS, WEEK, Answer, InvalidAnswer, Length, Row

_PLANS = {
    "free-tier": "free",
    "g1-pro-tier": "pro",
    "g1-ultra-lite-tier": "ultra-lite",
    "g1-ultra-tier": "ultra",
}
_FIVE_HOUR_NAMES = frozenset({"5h", "five-hour", "five_hour"})
_WEEK_NAMES = frozenset({"weekly", "week"})
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def gemini_cli(said: Fields) -> list[Row]:
    """The rows of `retrieveUserQuota`: one for each model. Raises `InvalidAnswer`."""
    buckets = said.objects("buckets")
    if buckets is None:
        raise InvalidAnswer("no buckets in it")
    return [
        Row(
            key=f"bucket.{bucket.text('model_id')}.{bucket.text('token_type')}",
            label=bucket.text("model_id"),
            scope="model",
            metric=bucket.text("token_type"),
            # Missing is not 0: the second bucket of the contract's sample has all of its room left.
            remaining=bucket.number("remaining_amount"),
            remaining_fraction=bucket.number("remaining_fraction"),
            reset_at=bucket.text("reset_time"),
        )
        for bucket in buckets
    ]


def code_assist_credits(said: Fields) -> Iterator[Row]:
    """The credits that `loadCodeAssist` names."""
    for tier in ("current_tier", "paid_tier"):
        found = said.object(tier)
        for credit in (found.objects("available_credits") if found else None) or ():
            kind = credit.text("credit_type")
            yield Row(
                key=f"code_assist.{tier}.{kind}",
                label="Code Assist Credit",
                scope="credits",
                metric=kind,
                remaining=credit.number("credit_amount"),
            )


def antigravity(said: Fields) -> list[Row]:
    """The rows of `retrieveUserQuotaSummary`; none when its groups are empty. Raises `InvalidAnswer`."""
    groups = said.objects("groups")
    if groups is None and (body := said.object("body")) is not None:
        groups = body.objects("groups")
    if groups is None:
        raise InvalidAnswer("no groups in it")
    rows: list[Row] = []
    number = 0
    for group in groups:
        buckets = [
            (bucket, fraction)
            for bucket in group.objects("buckets") or ()
            if (fraction := _fraction(bucket)) is not None
        ]
        if not buckets:
            continue
        number += 1
        slug = _NOT_SLUG.sub("-", group.text("display_name").lower()).strip("-")
        found = [
            _bucket(group, bucket, fraction, f"antigravity-{slug or f'group-{number}'}", (number, place))
            for place, (bucket, fraction) in enumerate(buckets, start=1)
        ]
        rows += sorted(found, key=lambda row: {"5h": 0, "weekly": 1}.get(row.metric, 2))
    return rows


def tier(said: Fields) -> Answer | None:
    """Plan and tier as `loadCodeAssist` tells them; None when it names none."""
    paid, current = said.object("paid_tier"), said.object("current_tier")
    found = paid if paid is not None and paid.text("id") else current
    if found is None or not (found.text("id") or found.text("name")):
        return None
    return Answer(plan=_PLANS.get(found.text("id"), "unknown"), tier_id=found.text("id"), tier_name=found.text("name"))


def _bucket(group: Fields, bucket: Fields, fraction: float, group_key: str, places: tuple[int, int]) -> Row:
    number, place = places
    name = bucket.text("window").lower()
    if name in _FIVE_HOUR_NAMES:
        label, metric, seconds = "5h", "5h", FIVE_HOURS
    elif name in _WEEK_NAMES:
        label, metric, seconds = "Weekly", "weekly", WEEK
    else:
        label, metric, seconds = bucket.text("display_name") or bucket.text("bucket_id") or "Quota", name, None
    identity = bucket.text("bucket_id")
    return Row(
        key=f"bucket.{group_key}.{identity or f'group-{number}-bucket-{place}'}",
        label=label,
        scope="quota_group",
        metric=metric,
        group_key=group_key,
        group_label=group.text("display_name") or f"Quota Group {number}",
        group_description=group.text("description"),
        remaining_fraction=fraction,
        window=Length(seconds=seconds) if seconds else None,
        reset_at=bucket.text("reset_time"),
    )


def _fraction(bucket: Fields) -> float | None:
    """A number, a text that is one, or a percentage."""
    text = bucket.text("remaining_fraction")
    if text.endswith("%"):
        percent = as_number(text[:-1])
        return None if percent is None else percent / 100
    return as_number(text)
