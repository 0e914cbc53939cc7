"""The file's newest schema, in the order in which data flows: the contract between the daemons.

The file itself is made by the steps (shared.migrations); a test keeps these models equal to what they come to.
The view `request` is for people with a SQL prompt: events with their names; no daemon reads it. The view
`credential_name` is the one place that decides what a credential is called.
"""

from shared.schema.base import IngestTable, QueryTable
from shared.schema.collection import CollectionGap, CollectionGapCredential, CpaCounter
from shared.schema.dimensions import ApiKey, Client, Credential, Instance, Model, Origin, Route
from shared.schema.edits import Command, CommandRun, EditState, Label
from shared.schema.facts import Chunk, ChunkColumn, Event, EventDetail, Tail
from shared.schema.inbox import Inbox, InboxPack, Rejected
from shared.schema.metadata import ApiKeyListing, CredentialMetadata
from shared.schema.operations import Heartbeat, Meta, Migration, TaskRun
from shared.schema.prices import PRICE_TABLES
from shared.schema.quota import QUOTA_TABLES
from shared.schema.sessions import Session

TABLES: tuple[type[IngestTable] | type[QueryTable], ...] = (
    Meta,
    Migration,
    Inbox,
    InboxPack,
    Rejected,
    Instance,
    Model,
    Route,
    ApiKey,
    Credential,
    Client,
    Origin,
    CredentialMetadata,
    ApiKeyListing,
    *QUOTA_TABLES,
    *PRICE_TABLES,
    Event,
    EventDetail,
    Tail,
    Chunk,
    ChunkColumn,
    Heartbeat,
    TaskRun,
    CpaCounter,
    CollectionGap,
    CollectionGapCredential,
    EditState,
    Label,
    Command,
    CommandRun,
    Session,
)
