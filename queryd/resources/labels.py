"""The names that people give to keys and credentials: what may be one, and how it is kept."""

import unicodedata
from typing import Literal

from queryd.endpoints import Call
from queryd.errors import InvalidParameter, NotFound, Refusal
from queryd.shapes.edits import LABEL_MAX, LabelEdit
from queryd.writer import Database
from shared.schema.edits import Label

Kind = Literal["api_key", "credential"]

_NOUNS: dict[Kind, str] = {"api_key": "API key", "credential": "credential"}

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that draw nothing although their category says that they are letters or marks."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories: control, format (zero-width and direction marks among them), surrogate, private, none; line ends."""


def rename(call: Call, kind: Kind) -> int:
    """Give, change or take away the label that the request names; the id of what it is of.

    Raises `NotFound`, `InvalidParameter` for what cannot be a label, and a 409 for one that is taken.
    """
    edit: LabelEdit = call.body
    subject_id = row_id(call.path["id"], kind)
    label = None if edit.label is None else cleaned(edit.label)
    now = call.context.clock()
    with call.writer.edit(now) as database:
        if database.row(f"select 1 from {kind} where id = ?", subject_id) is None:
            raise _unknown(kind)
        if label is None:
            Label.delete().where(Label.kind == kind, Label.subject_id == subject_id).execute(database)
            return subject_id
        if is_taken(database, kind, subject_id, label):
            raise Refusal(409, "conflict", f"another {_NOUNS[kind]} has this label already", parameter="label")
        current = Label.select(Label.label).where(Label.kind == kind, Label.subject_id == subject_id)
        if [label] != [row[0] for row in current.tuples().execute(database)]:
            Label.insert(kind=kind, subject_id=subject_id, label=label, edited_at=now).on_conflict(
                conflict_target=[Label.kind, Label.subject_id], preserve=[Label.label, Label.edited_at]
            ).execute(database)
    return subject_id


def cleaned(text: str) -> str:
    """`text` as it is kept: composed, without space around it. Raises `InvalidParameter`."""
    label = unicodedata.normalize("NFC", text).strip()
    if not label:
        raise InvalidParameter("label", "label must have a character that can be seen; null takes the label away")
    if len(label) > LABEL_MAX:
        raise InvalidParameter("label", f"label must have at most {LABEL_MAX} characters; this one has {len(label)}")
    for character in label:
        if character in _INVISIBLE or unicodedata.category(character) in _UNSEEN:
            raise InvalidParameter(
                "label", f"label must not have control or invisible characters, such as U+{ord(character):04X}"
            )
    return label


def row_id(text: str, kind: Kind) -> int:
    """The row that an id of the API means. Raises `NotFound`."""
    if text.isascii() and text.isdigit() and len(text) < 19 and str(int(text)) == text:
        return int(text)
    raise _unknown(kind)


def _unknown(kind: Kind) -> NotFound:
    return NotFound(f"there is no such {_NOUNS[kind]}")


def is_taken(database: Database, kind: Kind, subject_id: int, label: str) -> bool:
    """Whether another one has it, capitals and widths aside: two names that look alike tell nothing apart."""
    others = Label.select(Label.label).where(Label.kind == kind, Label.subject_id != subject_id)
    return _folded(label) in {_folded(row[0]) for row in others.tuples().execute(database)}


def _folded(label: str) -> str:
    return unicodedata.normalize("NFKC", label).casefold()
