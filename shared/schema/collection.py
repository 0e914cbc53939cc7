"""What is known of requests that were not collected: CPA's counters as last compared, and the gaps that were found."""

import peewee

from shared.schema.base import IngestTable


class CpaCounter(IngestTable):
    """A credential's counter as CPA gave it at the last comparison, and how many of its events had come by then.

    Both count from some beginning; only differences mean something. `usual_*`: of times without a gap, the newer the
    weightier: what CPA counts there without an event is what it counts without one in a gap.
    """

    auth_index = peewee.TextField(primary_key=True)
    attempts = peewee.BigIntegerField()
    events = peewee.BigIntegerField()
    usual_attempts = peewee.BigIntegerField()
    usual_events = peewee.BigIntegerField()

    class Meta:
        table_name = "cpa_counter"
        without_rowid = True


class CollectionGap(IngestTable):
    """A time from which requests are missing, or may be. Times are UTC epoch microseconds."""

    id = peewee.AutoField()
    started_at = peewee.BigIntegerField()
    ended_at = peewee.BigIntegerField()
    reason = peewee.TextField()  # why nothing was collected: not_running, or the code of a trouble
    lost = peewee.BigIntegerField(null=True)  # about so many requests; null: cannot be told
    unknown_because = peewee.TextField()  # cpa_restarted | no_counters | competition; empty where it can be told

    class Meta:
        table_name = "collection_gap"


class CollectionGapCredential(IngestTable):
    """On which accounts they were: about so many each."""

    gap_id = peewee.IntegerField()
    auth_index = peewee.TextField()
    lost = peewee.BigIntegerField()

    class Meta:
        table_name = "collection_gap_credential"
        primary_key = peewee.CompositeKey("gap_id", "auth_index")
        without_rowid = True
