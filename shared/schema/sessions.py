"""Who is signed in."""

import peewee

from shared.schema.base import QueryTable


class Session(QueryTable):
    """A login that lasts. The token itself is only in the browser's cookie. Times in microseconds."""

    id = peewee.AutoField()  # AUTOINCREMENT in the file: a number that was signed out never means another login
    token_hash = peewee.BlobField(unique=True)  # SHA-256
    role = peewee.TextField(constraints=[peewee.Check("role in ('admin', 'api_key')")])
    subject_id = peewee.IntegerField(null=True)  # the api_key of that role; the admin is nobody in particular
    password_mark = peewee.BlobField()  # of the password that it was opened with: another one ends it
    created_at = peewee.BigIntegerField()
    last_seen_at = peewee.BigIntegerField()
    expires_at = peewee.BigIntegerField()
    address = peewee.TextField()
    user_agent = peewee.TextField()
