"""What an endpoint is: its method and path, what it takes, what it answers; and one request to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import falcon

from queryd import shapes
from queryd.admission import Admission
from queryd.callers import Caller
from queryd.context import QueryContext
from queryd.dimensions import HIDDEN
from queryd.errors import Forbidden
from queryd.params.parameters import Filter, Parameter
from queryd.params.selection import Selection, parse
from queryd.sessions import Role, Session, Sessions
from queryd.state.problems import Place
from queryd.writer import Writer

API = "/api/v1"

Method = Literal["GET", "POST", "PATCH", "DELETE"]

ADMIN: frozenset[Role] = frozenset({"admin"})

ADMIN_OR_KEY: frozenset[Role] = frozenset({"admin", "api_key"})
"""Also whoever holds a key, who is answered of the requests of that key."""


@dataclass(frozen=True, slots=True)
class Server:
    """What every call may read and write."""

    context: QueryContext
    writer: Writer
    place: Place
    admission: Admission
    sessions: Sessions
    cookie_path: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint; `body` has been read and checked, the query string has not."""

    server: Server
    endpoint: "Endpoint"
    req: falcon.Request
    resp: falcon.Response
    path: Mapping[str, str]
    body: Any

    @property
    def caller(self) -> Caller:
        """Who asks, as the middleware found out."""
        found: Caller = self.req.context.caller
        return found

    @property
    def session(self) -> Session | None:
        """Of the caller; None as well where nobody has to sign in."""
        found: Session | None = self.req.context.session
        return found

    @property
    def only_key(self) -> int | None:
        """The key (its row) that the caller is locked to; None: all requests are theirs to see."""
        return None if self.session is None else self.session.only_key

    @property
    def editor(self) -> str:
        """Who edits, for the record: there is one administrator, so the address tells more than a name."""
        return self.caller.address

    @property
    def context(self) -> QueryContext:
        """What the caller may read: its snapshots hold no request of another key than theirs."""
        return self.server.context if self.only_key is None else replace(self.server.context, only_key=self.only_key)

    def selection(self, parameters: Sequence[Parameter]) -> tuple[Selection, dict[str, Any]]:
        """The query string as the selection and the endpoint's own values; whoever holds a key selects that key.

        Raises `UnknownParameter` and `InvalidParameter`, and `Forbidden` where a holder asks for what is not theirs.
        """
        context = self.context
        selection, values = parse(self.req.query_string, parameters, context.zone, context.clock())
        if self.only_key is None:
            return selection, values
        own = Filter("api_key", (str(self.only_key),))
        named = [each for name, each in values.items() if name != "q"]  # which is free text
        grouped = {part for each in named for part in (each if isinstance(each, tuple) else (each,))}
        if grouped & HIDDEN or any(each.dimension in HIDDEN for each in selection.filters):
            raise Forbidden("a key's holder does not see the accounts behind it")
        if any(each.dimension == "api_key" and each != own for each in selection.filters):
            raise Forbidden("a key's holder sees the requests of that key only")
        return replace(selection, filters=tuple(dict.fromkeys((*selection.filters, own)))), values

    @property
    def writer(self) -> Writer:
        return self.server.writer

    @property
    def place(self) -> Place:
        return self.server.place


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is below /api/v1. `function` answers a call; `status` is that of its plain answer.

    `body`: the type of the JSON that it takes. `refusals`: statuses beside those that every endpoint may answer.
    `tagged`: it has an ETag, and a new one every `step` microseconds, if that is given. `unready`: what it answers
    with a 503, if not an error. `roles`: whose sessions may ask, once there is a login; None: everybody may.
    `tables`: other media types that it answers with, beside JSON unless it is `streamed`.
    """

    method: Method
    path: str
    function: Callable[[Call], None]
    answer: type[shapes.Answer]
    summary: str
    parameters: Sequence[Parameter] = ()
    path_parameters: Sequence[Parameter] = ()
    body: Any = None
    status: int = 200
    refusals: Sequence[int] = ()
    tagged: bool = False
    step: int | None = None
    unready: type[shapes.Answer] | None = None
    tables: Sequence[str] = ()
    streamed: bool = False
    roles: frozenset[Role] | None = ADMIN

    @property
    def name(self) -> str:
        """The operation's id: `events_id`, `patch_api_keys_id`."""
        words = self.path.strip("/").replace("/", "_").replace("-", "_").replace("{", "").replace("}", "")
        return words if self.method == "GET" else f"{self.method.lower()}_{words}"
