"""The file's schema, in the order in which data flows: the contract between the daemons."""

from shared.schema.base import IngestTable, QueryTable
from shared.schema.dimensions import ApiKey, Client, Credential, Instance, Model, Origin, Route
from shared.schema.facts import Chunk, ChunkColumn, Event, EventDetail, Tail
from shared.schema.inbox import Inbox, Rejected
from shared.schema.operations import Heartbeat, Meta, Migration, TaskRun
from shared.schema.prices import PRICE_TABLES

TABLES: tuple[type[IngestTable] | type[QueryTable], ...] = (
    Meta,
    Migration,
    Inbox,
    Rejected,
    Instance,
    Model,
    Route,
    ApiKey,
    Credential,
    Client,
    Origin,
    *PRICE_TABLES,
    Event,
    EventDetail,
    Tail,
    Chunk,
    ChunkColumn,
    Heartbeat,
    TaskRun,
)

REQUEST_VIEW = """
create view request as
select e.occurred_at, e.digest,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.occurred_at / 1000000.0, 'unixepoch') as occurred_at_utc,
       case e.failed when 1 then 'failed' else 'succeeded' end as result, e.status_code,
       r.provider, m.name as model, coalesce(a.name, m.name) as alias, k.mask as api_key,
       c.auth_index, c.account, r.endpoint, cl.name as client, r.reasoning_effort, r.service_tier,
       r.response_service_tier, e.latency_ms, e.ttft_ms, e.input_tokens, e.cache_read_tokens,
       e.cache_write_tokens, e.output_tokens, e.reasoning_tokens, e.unclassified_tokens,
       e.input_tokens + e.output_tokens + e.unclassified_tokens as total_tokens,
       e.cost_nanos, e.cost_nanos / 1e9 as cost_dollars, e.request_number, e.inbox_id
from event e
join model m on m.id = e.model_id
left join model a on a.id = e.alias_id
join route r on r.id = e.route_id
join api_key k on k.id = e.api_key_id
join credential c on c.id = e.credential_id
join client cl on cl.id = e.client_id
"""
"""For people with a SQL prompt: events with their names. No daemon reads it."""
