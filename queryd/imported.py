"""Names, prices and rules that an import found, entered as a person would: what stands here already stays.

Whoever imports calls this with a writer of its own; what was entered once is never entered again, whatever became of
it since.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from queryd.errors import Refusal
from queryd.resources.labels import Kind, cleaned, is_taken
from queryd.writer import Database, Writer
from shared import price_versions
from shared.price_versions import InvalidPrice
from shared.prices import Price, Rule
from shared.schema.edits import Label

WHO = "import"
"""`recorded_by` of what was imported."""


@dataclass(slots=True)
class Entered:
    """What became of it. `refused`: a sentence for each that could not be entered."""

    labels: int = 0
    prices: int = 0
    rules: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


def enter(
    writer: Writer,
    labels: Sequence[tuple[str, int, str]],
    prices: Sequence[Price],
    rules: Sequence[Rule],
    now: int,
) -> Entered:
    """Enter labels (kind, row, label), manual versions and rules, all at once. Raises what a writer refuses with."""
    done = Entered()
    with writer.edit(now) as database:
        for kind, subject_id, label in labels:
            entry = partial(_label, database, (cast("Kind", kind), subject_id), label, now)
            done.labels += _each(done, f"the name {label!r}", entry)
        for price in prices:
            done.prices += _each(done, f"the price of {price.model}", partial(_price, database, price, now))
        for rule in rules:
            done.rules += _each(done, f"a rule on {rule.model}", partial(_rule, database, rule, now))
    return done


def _each(done: Entered, what: str, entry: Callable[[], bool]) -> bool:
    """Whether it was entered; what was there is counted, what cannot be is told."""
    try:
        entered = entry()
    except (Refusal, InvalidPrice) as problem:
        done.refused.append(f"{what}: {problem}")
        return False
    done.known += not entered
    return entered


def _label(database: Database, subject: tuple[Kind, int], label: str, now: int) -> bool:
    kind, subject_id = subject
    if database.row("select 1 from label where kind = ? and subject_id = ?", kind, subject_id):
        return False
    label = cleaned(label)
    if is_taken(database, kind, subject_id, label):
        raise Refusal(409, "conflict", "something else has it already")
    Label.insert(kind=kind, subject_id=subject_id, label=label, edited_at=now).execute(database)
    return True


def _price(database: Database, price: Price, now: int) -> bool:
    if database.row("select 1 from price where lower(model) = ? and recorded_by = ?", price.model.lower(), WHO):
        return False
    price_versions.add_version(database.opened, price, now, who=WHO)
    return True


def _rule(database: Database, rule: Rule, now: int) -> bool:
    known = database.row(
        "select 1 from price_rule where lower(model) = ? and key = ? and value = ? and recorded_by = ?",
        rule.model.lower(),
        rule.key,
        rule.value,
        WHO,
    )
    if known:
        return False
    price_versions.add_rule(database.opened, rule, now, WHO)
    return True
