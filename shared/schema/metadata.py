"""What CPA's management API says of accounts and keys. No secret is stored here: a key is an HMAC or a mask."""

import peewee

from shared.schema.base import IngestTable


class CredentialMetadata(IngestTable):
    """An upstream account as CPA lists it: a file of its auth folder, or a key of its configuration.

    Texts are empty where CPA says nothing; times are UTC epoch microseconds.
    """

    credential_id = peewee.IntegerField(primary_key=True)
    listed_in = peewee.TextField()  # the management path: auth-files, gemini-api-key, openai-compatibility …
    provider = peewee.TextField()  # as events name it
    label = peewee.TextField()  # what to call it: distinct among all that are listed
    name = peewee.TextField()  # the file's name, or the name of the configured provider
    email = peewee.TextField()
    account_type = peewee.TextField()  # oauth | api_key
    plan = peewee.TextField()
    project = peewee.TextField()
    note = peewee.TextField()
    prefix = peewee.TextField()  # of its models, as clients write them
    base_url = peewee.TextField()
    key_mask = peewee.TextField()
    priority = peewee.BigIntegerField(null=True)
    weight = peewee.BigIntegerField(null=True)
    status = peewee.TextField()
    status_message = peewee.TextField()  # redacted
    disabled = peewee.IntegerField()
    unavailable = peewee.IntegerField()
    next_retry_after = peewee.BigIntegerField(null=True)
    last_refresh = peewee.BigIntegerField(null=True)
    subscription_until = peewee.BigIntegerField(null=True)
    seen_at = peewee.BigIntegerField()  # first listed
    changed_at = peewee.BigIntegerField()
    deleted_at = peewee.BigIntegerField(null=True)  # no longer listed; what was known stays
    models = peewee.TextField(constraints=[peewee.SQL("DEFAULT ''")])  # of a key: JSON, [name, as clients write it]
    excluded_models = peewee.TextField(constraints=[peewee.SQL("DEFAULT ''")])  # of a key: JSON, patterns

    class Meta:
        table_name = "credential_metadata"


class ApiKeyListing(IngestTable):
    """Whether CPA's configuration lists a client's key. Keys without a row were never listed."""

    api_key_id = peewee.IntegerField(primary_key=True)
    listed_at = peewee.BigIntegerField()  # since when it is; a key that was away, since it is back
    removed_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "api_key_listing"
