"""What is known of accounts' quota and health, and what was done to accounts. All of it is ingestd's.

Times are UTC epoch microseconds. Percentages are 0 to 100, as providers give them, and may exceed 100.
"""

import peewee

from shared.schema.base import IngestTable


class QuotaWindow(IngestTable):
    """The newest reading of each window of an account, and what it lets expect."""

    credential_id = peewee.IntegerField()
    key = peewee.TextField()  # stable within an account: five_hour, rate_limit.primary_window …
    position = peewee.IntegerField()  # the provider's order
    label = peewee.TextField()
    scope = peewee.TextField()  # window | model | quota_group | credits … (ingestd.quota.readings)
    metric = peewee.TextField()
    model_group = peewee.TextField()  # which models it is of, in words; empty: all
    models = peewee.TextField(null=True)  # parts of their names, by spaces; empty: all; null: cannot be told
    length_seconds = peewee.BigIntegerField(null=True)
    used_percent = peewee.DoubleField(null=True)
    used = peewee.DoubleField(null=True)
    amount = peewee.DoubleField(null=True)  # the limit that `used` counts up to
    remaining = peewee.DoubleField(null=True)
    unit = peewee.TextField()  # usd_cents | requests | credits, or empty
    limit_reached = peewee.IntegerField()
    resets_at = peewee.BigIntegerField(null=True)
    boundary = peewee.TextField()  # scheduled | provisional; empty where no reset is known
    observed_at = peewee.BigIntegerField()
    source = peewee.TextField()  # headers | signals | lookup
    outlook = peewee.TextField()  # lasts | runs_dry | blocked | unstarted | unknown
    empty_at = peewee.BigIntegerField(null=True)
    confidence = peewee.TextField()  # high | medium, or empty
    percent_per_hour = peewee.DoubleField(null=True)
    judged_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "quota_window"
        primary_key = peewee.CompositeKey("credential_id", "key")
        without_rowid = True


class QuotaReading(IngestTable):
    """The history of a window: a row for each run of equal readings, from its first to its last."""

    credential_id = peewee.IntegerField()
    key = peewee.TextField()
    observed_at = peewee.BigIntegerField()
    last_at = peewee.BigIntegerField()
    used_percent = peewee.DoubleField()
    length_seconds = peewee.BigIntegerField(null=True)
    resets_at = peewee.BigIntegerField(null=True)
    boundary = peewee.TextField()
    source = peewee.TextField()

    class Meta:
        table_name = "quota_reading"
        primary_key = peewee.CompositeKey("credential_id", "key", "observed_at")
        without_rowid = True


class QuotaAccount(IngestTable):
    """What readings say of an account as a whole, and how its last look-up went."""

    credential_id = peewee.IntegerField(primary_key=True)
    plan = peewee.TextField()
    tier_id = peewee.TextField()
    tier_name = peewee.TextField()
    credits_balance = peewee.DoubleField(null=True)
    credits_unit = peewee.TextField()
    credits_unlimited = peewee.IntegerField()
    reset_credits = peewee.IntegerField(null=True)
    begun_at = peewee.BigIntegerField(null=True)  # of the newest look-up
    tried_at = peewee.BigIntegerField(null=True)  # when it ended
    good_at = peewee.BigIntegerField(null=True)  # when one last succeeded
    trouble = peewee.TextField()  # ingestd.quota.trouble.Trouble; empty: the last one succeeded
    trouble_status = peewee.IntegerField(null=True)
    trouble_detail = peewee.TextField()  # redacted
    retry_at = peewee.BigIntegerField(null=True)
    reset_credits_expire_at = peewee.BigIntegerField(null=True)  # the first of them

    class Meta:
        table_name = "quota_account"


class CredentialCondition(IngestTable):
    """What CPA last told of an account when one of its requests failed (its errors channel)."""

    credential_id = peewee.IntegerField(primary_key=True)
    told_at = peewee.BigIntegerField()
    status = peewee.TextField()
    unavailable = peewee.IntegerField()
    next_retry_after = peewee.BigIntegerField(null=True)
    quota_exceeded = peewee.IntegerField()
    quota_reason = peewee.TextField()
    recovers_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "credential_condition"


class CredentialError(IngestTable):
    """A failed result of an account, as CPA's errors channel told it; also of what makes no usage event."""

    id = peewee.AutoField()
    credential_id = peewee.IntegerField()
    occurred_at = peewee.BigIntegerField()
    model = peewee.TextField()
    status_code = peewee.IntegerField()
    code = peewee.TextField()
    message = peewee.TextField()  # redacted, at most 2,000 characters
    retryable = peewee.IntegerField()
    retry_at = peewee.BigIntegerField(null=True)
    recovers_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "credential_error"
        indexes = ((("credential_id", "occurred_at"), False), (("occurred_at",), False))


class CredentialAction(IngestTable):
    """What was done to an account through CPA: who asked for it, and what came of it."""

    id = peewee.AutoField()
    credential_id = peewee.IntegerField()
    at = peewee.BigIntegerField()
    action = peewee.TextField()  # disable | enable | restore
    cause = peewee.TextField()  # person | reset
    outcome = peewee.TextField()  # done | failed | skipped
    message = peewee.TextField()
    restore_at = peewee.BigIntegerField(null=True)  # of a disable: when it ends by itself
    command_id = peewee.IntegerField(null=True)

    class Meta:
        table_name = "credential_action"
        indexes = ((("credential_id", "id"), False),)


QUOTA_TABLES = (QuotaWindow, QuotaReading, QuotaAccount, CredentialCondition, CredentialError, CredentialAction)
