"""The events, and the columns derived from them in the same transaction."""

import peewee

from shared.schema.base import IngestTable


class Event(IngestTable):
    """One upstream attempt on one credential.

    The primary key is the time index and the dedupe key in one B-tree that is appended to in order.
    Tokens are canonical (input includes cache reads and writes, output includes reasoning).
    """

    occurred_at = peewee.BigIntegerField()  # start of the attempt, UTC epoch microseconds
    digest = peewee.BigIntegerField()  # 48 bits of the payload (shared.event_id)
    model_id = peewee.IntegerField()
    alias_id = peewee.IntegerField(null=True)  # null: the client used the model's own name
    route_id = peewee.IntegerField()
    api_key_id = peewee.IntegerField()
    credential_id = peewee.IntegerField()
    client_id = peewee.IntegerField()
    origin_id = peewee.IntegerField()
    failed = peewee.IntegerField()  # 0 or 1; it decides success, never the status code
    generate = peewee.IntegerField()  # 0: a warm-up, which counts but is no latency sample
    status_code = peewee.IntegerField()
    error_class = peewee.IntegerField()  # shared.error_class
    latency_ms = peewee.IntegerField()
    ttft_ms = peewee.IntegerField()  # 0: not observed
    input_tokens = peewee.BigIntegerField()
    cache_read_tokens = peewee.BigIntegerField()
    cache_write_tokens = peewee.BigIntegerField()
    output_tokens = peewee.BigIntegerField()
    reasoning_tokens = peewee.BigIntegerField()
    unclassified_tokens = peewee.BigIntegerField()
    normalization = peewee.IntegerField()  # shared.normalization
    cost_nanos = peewee.BigIntegerField(null=True)  # null: unknown
    charge_id = peewee.IntegerField(null=True)  # shared.schema.prices.Charge; null: no price was in force
    request_number = peewee.IntegerField(null=True)  # request_id as a signed 32-bit number (shared.event_id)
    inbox_id = peewee.IntegerField()  # arrival order, and the raw payload while the inbox keeps it

    class Meta:
        primary_key = peewee.CompositeKey("occurred_at", "digest")
        without_rowid = True


class EventDetail(IngestTable):
    """What only some events have: the error body (at most 4 KiB), safe response headers, an odd request id."""

    occurred_at = peewee.BigIntegerField()
    digest = peewee.BigIntegerField()
    error_body = peewee.TextField(default="")
    response_headers = peewee.TextField(default="")  # a JSON object, or empty
    request_id = peewee.TextField(default="")  # only when it is not CPA's eight hex digits

    class Meta:
        table_name = "event_detail"
        primary_key = peewee.CompositeKey("occurred_at", "digest")
        without_rowid = True


class Tail(IngestTable):
    """Events that are not in a chunk yet: one row a committed batch, its records packed (shared.columns.RECORD)."""

    id = peewee.AutoField()
    rows = peewee.IntegerField()
    records = peewee.BlobField()


class Chunk(IngestTable):
    """A run of events in arrival order, immutable within a revision. A late event only widens its chunk's time span."""

    id = peewee.AutoField()
    first_ms = peewee.BigIntegerField()  # earliest and latest event, UTC epoch milliseconds
    last_ms = peewee.BigIntegerField()
    rows = peewee.IntegerField()
    revision = peewee.IntegerField()  # grows when columns are rewritten: ingestd.reprice, ingestd.charge_column


class ChunkColumn(IngestTable):
    """One column of one chunk: `rows` little-endian unsigned integers of `width` bytes, each plus `base`.

    Width 0 has no data: every value equals `base`.
    """

    id = peewee.IntegerField(primary_key=True)  # chunk id * 64 + the column's number in shared.columns.COLUMNS
    width = peewee.IntegerField()  # 0, 1, 2, 4 or 8
    base = peewee.BigIntegerField()
    data = peewee.BlobField()

    class Meta:
        table_name = "chunk_column"
