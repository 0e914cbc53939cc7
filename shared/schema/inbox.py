"""Messages that left CPA: `inbox` until they are events, `rejected` when they cannot be."""

import peewee

from shared.schema.base import IngestTable


class Inbox(IngestTable):
    """Raw payloads in arrival order. Rows up to `meta.settled_inbox_id` have become events (or were rejected).

    Ids never repeat, since settled rows leave at the end of the local day and the mark stays: ingestd counts them.
    """

    id = peewee.AutoField()
    arrived_at = peewee.BigIntegerField()  # UTC epoch microseconds
    transport = peewee.TextField()  # pop | subscribe | http | replay
    payload = peewee.BlobField()

    class Meta:
        table_name = "inbox"


class InboxPack(IngestTable):
    """Settled messages with the ids `first_id` to `last_id`, one after another (shared.raw_messages)."""

    first_id = peewee.IntegerField(primary_key=True)
    last_id = peewee.IntegerField()
    last_arrived_at = peewee.BigIntegerField()  # UTC epoch microseconds
    data = peewee.BlobField()

    class Meta:
        table_name = "inbox_pack"


class Rejected(IngestTable):
    """Payloads that `decode` refused, byte for byte, kept seven days so that a fix can replay them."""

    id = peewee.IntegerField(primary_key=True)  # the inbox id it had
    arrived_at = peewee.BigIntegerField()
    rejected_at = peewee.BigIntegerField(index=True)
    transport = peewee.TextField()
    reason = peewee.TextField()  # one of ingestd.decode.Reason
    detail = peewee.TextField(default="")
    payload = peewee.BlobField()

    class Meta:
        table_name = "rejected"
