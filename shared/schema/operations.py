"""What ingestd says of itself."""

import peewee

from shared.schema.base import IngestTable


class Meta(IngestTable):
    """Single numbers and secrets, by key: `revision`, `epoch`, `settled_inbox_id`, `install_secret`,
    `client_keys_read_at`, counters.
    """

    key = peewee.TextField(primary_key=True)
    number = peewee.BigIntegerField(null=True)
    text = peewee.TextField(null=True)
    secret = peewee.BlobField(null=True)

    class Meta:
        table_name = "meta"
        without_rowid = True


class Migration(IngestTable):
    """Which schema steps this file has taken."""

    name = peewee.TextField(primary_key=True)
    applied_at = peewee.BigIntegerField()

    class Meta:
        without_rowid = True


class Heartbeat(IngestTable):
    """What ingestd is doing, written every few seconds while it lives."""

    daemon = peewee.TextField(primary_key=True)
    at = peewee.BigIntegerField()
    started_at = peewee.BigIntegerField()
    version = peewee.TextField()
    state = peewee.TextField()  # starting | running | degraded | stopping | stopped
    detail = peewee.TextField()  # a JSON object: shared.heartbeat.Detail

    class Meta:
        without_rowid = True


class TaskRun(IngestTable):
    """The last run of each periodic task."""

    name = peewee.TextField(primary_key=True)
    started_at = peewee.BigIntegerField()
    duration_us = peewee.BigIntegerField()
    outcome = peewee.TextField()  # done | failed
    detail = peewee.TextField()
    next_at = peewee.BigIntegerField(null=True)  # when it is due again, up to its jitter

    class Meta:
        table_name = "task_run"
        without_rowid = True
