"""What an event refers to by a small integer. No secret is stored here: a key is an HMAC and a mask."""

import peewee

from shared.schema.base import IngestTable


class Instance(IngestTable):
    """A CPA. One row today; keys and credentials are scoped by it, since `auth_index` repeats across hosts."""

    id = peewee.AutoField()
    name = peewee.TextField(unique=True)
    first_seen_at = peewee.BigIntegerField()


class Model(IngestTable):
    """A model name, as the upstream was asked (`event.model_id`) or as the client spelled it (`alias_id`)."""

    id = peewee.AutoField()
    name = peewee.TextField(unique=True)
    first_seen_at = peewee.BigIntegerField()


class Route(IngestTable):
    """How a request went: who executed it, on which endpoint, with which effort and tiers.

    Seven low-cardinality texts share one id: an event pays two bytes for them instead of fourteen.
    """

    id = peewee.AutoField()
    provider = peewee.TextField()
    executor_type = peewee.TextField()
    auth_type = peewee.TextField()
    endpoint = peewee.TextField()
    reasoning_effort = peewee.TextField()
    service_tier = peewee.TextField()
    response_service_tier = peewee.TextField()
    first_seen_at = peewee.BigIntegerField()

    class Meta:
        indexes = (
            (
                (
                    "provider",
                    "executor_type",
                    "auth_type",
                    "endpoint",
                    "reasoning_effort",
                    "service_tier",
                    "response_service_tier",
                ),
                True,
            ),
        )


class ApiKey(IngestTable):
    """A client's CPA key: an HMAC under the installation's secret, and a mask to show. Empty = no key was sent."""

    id = peewee.AutoField()
    instance_id = peewee.IntegerField()
    hmac = peewee.BlobField()
    mask = peewee.TextField()
    first_seen_at = peewee.BigIntegerField()

    class Meta:
        table_name = "api_key"
        indexes = ((("instance_id", "hmac"), True),)


class Credential(IngestTable):
    """The upstream account that served a request, by CPA's `auth_index` within its instance."""

    id = peewee.AutoField()
    instance_id = peewee.IntegerField()
    auth_index = peewee.TextField()  # 16 hex digits, or empty: no credential was used
    provider = peewee.TextField()
    auth_type = peewee.TextField()
    account = peewee.TextField()  # an e-mail address, a project id, or a masked key
    first_seen_at = peewee.BigIntegerField()

    class Meta:
        indexes = ((("instance_id", "auth_index"), True),)


class Client(IngestTable):
    """The program that asked: product and major.minor version of its User-Agent, such as `claude-cli/2.1`."""

    id = peewee.AutoField()
    name = peewee.TextField(unique=True)
    first_seen_at = peewee.BigIntegerField()


class Origin(IngestTable):
    """Where a request came from, as CPA saw it: peer address, forwarded addresses, full User-Agent."""

    id = peewee.AutoField()
    client_ip = peewee.TextField()
    x_forwarded_for = peewee.TextField()
    user_agent = peewee.TextField()
    first_seen_at = peewee.BigIntegerField()

    class Meta:
        indexes = ((("client_ip", "x_forwarded_for", "user_agent"), True),)
