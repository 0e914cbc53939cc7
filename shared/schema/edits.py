"""What a person edits or asks for (written by queryd), and what came of what was asked (written by ingestd)."""

import peewee

from shared.schema.base import IngestTable, QueryTable


class EditState(QueryTable):
    """Single numbers of queryd, by name: `edit_revision` grows with each edit (shared.version)."""

    name = peewee.TextField(primary_key=True)
    number = peewee.BigIntegerField()

    class Meta:
        table_name = "edit_state"
        without_rowid = True


class Label(QueryTable):
    """A name that a person gave. Two things of one kind never have the same."""

    kind = peewee.TextField()  # api_key | credential
    subject_id = peewee.IntegerField()  # the id in the table of that kind
    label = peewee.TextField()
    edited_at = peewee.BigIntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("kind", "subject_id")
        indexes = ((("kind", "label"), True),)
        without_rowid = True


class Command(QueryTable):
    """Something that a person asks ingestd to do. Ids never repeat, so that a run always belongs to its command."""

    id = peewee.AutoField()  # AUTOINCREMENT in the file
    kind = peewee.TextField()
    arguments = peewee.TextField()  # a JSON object
    requested_at = peewee.BigIntegerField()
    requested_by = peewee.TextField()
    cancelled_at = peewee.BigIntegerField(null=True)


class CommandRun(IngestTable):
    """What became of a command."""

    command_id = peewee.IntegerField(primary_key=True)
    state = peewee.TextField(constraints=[peewee.Check("state in ('running', 'done', 'failed', 'cancelled')")])
    started_at = peewee.BigIntegerField()
    finished_at = peewee.BigIntegerField(null=True)
    progress = peewee.FloatField()  # 0 to 1
    result = peewee.TextField()  # a JSON object, or empty
    error = peewee.TextField()  # one sentence, or empty

    class Meta:
        table_name = "command_run"
