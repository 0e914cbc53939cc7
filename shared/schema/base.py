"""Which daemon may write a table is part of the table."""

from typing import Any

import peewee


class IngestTable(peewee.Model):
    """A table that only ingestd writes."""

    writer = "ingestd"

    class Meta:
        database: Any = None
        legacy_table_names = False
        strict_tables = True


class QueryTable(peewee.Model):
    """A table that only queryd writes: what a person edits or asks for."""

    writer = "queryd"

    class Meta:
        database: Any = None
        legacy_table_names = False
        strict_tables = True
