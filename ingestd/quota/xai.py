"""Grok accounts: two billing endpoints, a week's credits and a month's money (contract A10). Money is US cents."""

from collections.abc import Iterator
from urllib.parse import quote_plus

from ingestd.quota.fields import Fields
from ingestd.quota.rows import MONTH, WEEK, InvalidAnswer, Length, Row


def weekly(said: Fields) -> list[Row]:
    """The rows of `billing?format=credits`. Raises `InvalidAnswer` for an answer that has none."""
    config = _config(said)
    period = config.object("current_period")
    percent = config.number("credit_usage_percent")
    if percent is None and period is not None:
        percent = 0  # protobuf leaves a zero out
    if percent is None:
        raise InvalidAnswer("empty xAI weekly billing response")
    reset_at = (period.text("end") if period else "") or config.text("billing_period_end")
    used_up = percent >= 100
    row = Row(
        key="billing.weekly",
        label="Weekly",
        scope="billing",
        metric="weekly",
        used_percent=percent,
        allowed=not used_up,
        limit_reached=used_up,
        window=Length(seconds=WEEK),
        reset_at=reset_at,
    )
    return [row, *_products(config, reset_at)]


def monthly(said: Fields) -> list[Row]:
    """The rows of `billing`. Raises `InvalidAnswer` for an answer that has none."""
    config = _config(said)
    limit, total = _cents(config, "monthly_limit"), _cents(config, "used")
    cap, extra = _cents(config, "on_demand_cap"), _cents(config, "on_demand_used")
    reset_at = config.text("billing_period_end")
    rows = []
    if limit is not None or total is not None:
        rows.append(_monthly(limit, total, cap, extra, reset_at))
    if cap is not None and cap > 0:
        used = extra
        if used is None and total is not None and limit is not None:
            used = max(0, total - limit)
        rows.append(_spend("billing.on_demand", "Pay-as-you-go", used, cap, reset_at))
    if not rows:
        raise InvalidAnswer("empty xAI monthly billing response")
    return rows


def in_order(of_week: list[Row], of_month: list[Row]) -> list[Row]:
    """All rows of an account as they are shown: the week, the money, then products."""
    return [*of_week[:1], *of_month, *of_week[1:]]


def _monthly(limit: float | None, total: float | None, cap: float | None, extra: float | None, reset_at: str) -> Row:
    used = total if limit is None or total is None else min(total, max(0, limit))
    row = _spend("billing.monthly", "Monthly Spend", used, limit, reset_at)
    on_credit = cap is not None and cap > 0 and extra is not None and extra < cap
    if row.limit_reached and on_credit:
        return Row(**{name: getattr(row, name) for name in Row.__struct_fields__} | _GOES_ON)
    return row


_GOES_ON = {"limit_reached": False, "allowed": True}


def _spend(key: str, label: str, used: float | None, limit: float | None, reset_at: str) -> Row:
    known = used is not None and limit is not None and limit > 0
    reached = known and (used or 0) >= (limit or 0)
    return Row(
        key=key,
        label=label,
        scope="billing",
        metric="usd_cents",
        used=used,
        limit=limit,
        remaining=None if used is None or limit is None else max(0, limit - used),
        used_percent=(used or 0) / (limit or 1) * 100 if known else None,
        allowed=not reached if known else None,
        limit_reached=reached if known else None,
        window=Length(seconds=MONTH),
        reset_at=reset_at,
    )


def _products(config: Fields, reset_at: str) -> Iterator[Row]:
    found: dict[str, tuple[str, float]] = {}
    for product in config.objects("product_usage") or ():
        name, percent = " ".join(product.text("product").split()), product.number("usage_percent")
        if not name or percent is None:
            continue
        spelling, most = found.get(name.lower(), (name, percent))
        found[name.lower()] = (spelling, max(most, percent))
    for folded, (name, percent) in sorted(found.items()):
        yield Row(
            key=f"billing.weekly.product.{quote_plus(folded)}",
            label=f"{name} Usage",
            scope="product",
            metric=name,
            used_percent=percent,
            allowed=percent < 100,
            limit_reached=percent >= 100,
            window=Length(seconds=WEEK),
            reset_at=reset_at,
        )


def _config(said: Fields) -> Fields:
    inner = said.object("config")
    if inner is None and (body := said.object("body")) is not None:
        inner = body.object("config")
    if inner is None:
        raise InvalidAnswer("no config in it")
    return inner


def _cents(config: Fields, name: str) -> float | None:
    money = config.object(name)
    return config.number(name) if money is None else money.number("val")
