"""Every endpoint of the API, once: method, path, and the function that answers. OpenAPI comes from here as well."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import falcon

from queryd import body, shapes, tables
from queryd.endpoints import ADMIN_OR_KEY, API, Call, Endpoint, Server
from queryd.errors import Forbidden, Unauthenticated
from queryd.params.parameters import Parameter
from queryd.questions import (
    breakdown,
    concentration,
    distribution,
    errors,
    events,
    filters,
    heatmap,
    latency,
    live,
    summary,
    timeseries,
)
from queryd.questions import prices as price_questions
from queryd.questions import what_if as what_if_question
from queryd.resources import (
    api_keys,
    commands,
    credentials,
    event,
    export,
    health,
    installation,
    quota,
    sessions,
    status,
)
from queryd.resources import prices as price_edits
from queryd.resources.answer import CSV
from queryd.resources.question import question
from queryd.shapes import edits
from queryd.shapes import prices as edited_prices
from queryd.shapes import quota as quota_shapes
from queryd.shapes.sessions import Login, SessionList, SessionState
from shared.clock import SECOND
from shared.commands import Command

_REQUEST = Parameter("id", "The id of a request, as /events gives it.")
_API_KEY = Parameter("id", "The id of a key, as /api-keys gives it.")
_CREDENTIAL = Parameter("id", "The id of a credential, as /credentials gives it.")
_SESSION = Parameter("id", "The id of a session, as /sessions gives it.")
_COMMAND = Parameter("id", "The id of a command, as asking for it gives it.")

_PRICE = Parameter("id", "The id of a version, as /prices gives it.")
_PRICE_RULE = Parameter("id", "The id of a rule, as /prices gives it.")

_CSV = (CSV,)
"""What is a table may be had as one, by content negotiation."""

# fmt: off
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/summary", question(summary.summary), shapes.Summary, "The totals, and those of the period before", summary.PARAMETERS, roles=ADMIN_OR_KEY, tagged=True),
    Endpoint("GET", "/timeseries", question(timeseries.timeseries, tables.timeseries), shapes.Timeseries, "Figures over time, by group", timeseries.PARAMETERS, tables=_CSV, roles=ADMIN_OR_KEY, tagged=True),
    Endpoint("GET", "/breakdown", question(breakdown.breakdown, tables.breakdown), shapes.Breakdown, "All figures by one dimension", breakdown.PARAMETERS, tables=_CSV, roles=ADMIN_OR_KEY, tagged=True),
    Endpoint("GET", "/heatmap", question(heatmap.heatmap, tables.heatmap), shapes.Heatmap, "One figure by two dimensions", heatmap.PARAMETERS, tables=_CSV, tagged=True),
    Endpoint("GET", "/distribution", question(distribution.distribution, tables.distribution), shapes.Distribution, "How latencies or speeds are distributed", distribution.PARAMETERS, tables=_CSV, tagged=True),
    Endpoint("GET", "/concentration", question(concentration.concentration), shapes.Concentration, "How much of the cost the dearest requests make", concentration.PARAMETERS, tagged=True),
    Endpoint("GET", "/latency", question(latency.latency, tables.latency), shapes.Latency, "Exact percentiles over time and by model", latency.PARAMETERS, tables=_CSV, tagged=True),
    Endpoint("GET", "/errors", question(errors.errors, tables.errors), shapes.Errors, "What fails, on which account, and since when", errors.PARAMETERS, tables=_CSV, tagged=True),
    Endpoint("GET", "/live", question(live.live), shapes.Live, "The last minutes", live.PARAMETERS, roles=ADMIN_OR_KEY, tagged=True, step=5 * SECOND),
    Endpoint("GET", "/events", question(events.events), shapes.Events, "The request log, a page at a time", events.PARAMETERS, roles=ADMIN_OR_KEY, tagged=True),
    Endpoint("GET", "/events/export", export.export, shapes.Event, "Every request of a selection as CSV, JSON Lines or Parquet, while it is read", export.PARAMETERS, tables=("text/csv", "application/jsonl", "application/vnd.apache.parquet"), streamed=True, roles=ADMIN_OR_KEY),
    Endpoint("GET", "/events/{id}", event.event_detail, shapes.EventDetail, "One request, with all that is known of it", path_parameters=(_REQUEST,), roles=ADMIN_OR_KEY, tagged=True),
    Endpoint("GET", "/events/{id}/what-if", event.event_what_if, edited_prices.EventWhatIf, "One request by another price", what_if_question.AS, path_parameters=(_REQUEST,), tagged=True),
    Endpoint("GET", "/filters", question(filters.filters), shapes.Filters, "What there is to filter by, most requests first", filters.PARAMETERS, roles=ADMIN_OR_KEY, tagged=True),
    Endpoint("GET", "/api-keys", api_keys.api_keys, edits.ApiKeys, "CPA's client keys, and their names"),
    Endpoint("PATCH", "/api-keys/{id}", api_keys.LABELLED.rename, edits.ApiKey, "Give a key a name, or take it away", path_parameters=(_API_KEY,), body=edits.LabelEdit, refusals=(409,)),
    Endpoint("GET", "/credentials", credentials.credentials, edits.Credentials, "The accounts that serve requests, and their names"),
    Endpoint("PATCH", "/credentials/{id}", credentials.LABELLED.rename, edits.Credential, "Give a credential a name, or take it away", path_parameters=(_CREDENTIAL,), body=edits.LabelEdit, refusals=(409,)),
    Endpoint("GET", "/credentials/{id}/errors", quota.errors, quota_shapes.CredentialErrors, "What CPA's errors channel told of an account", quota.ERRORS_PARAMETERS, path_parameters=(_CREDENTIAL,), tagged=True),
    Endpoint("GET", "/quota", quota.accounts, quota_shapes.Quota, "How accounts do, and when they run out", tagged=True),
    Endpoint("GET", "/quota/attention", quota.attention, quota_shapes.Attention, "Accounts that fail or run dry before their reset", tagged=True),
    Endpoint("GET", "/quota/{id}", quota.account, quota_shapes.QuotaDetail, "One account, and its windows over time", path_parameters=(_CREDENTIAL,), tagged=True),
    Endpoint("POST", "/quota/watch", quota.watch, quota_shapes.AutoRefresh, "Say that a page with quota is looked at"),
    Endpoint("GET", "/prices", question(price_questions.prices), edited_prices.Prices, "What costs are based on, and what has no price", price_questions.PARAMETERS, tagged=True),
    Endpoint("POST", "/prices", price_edits.enter, edited_prices.PriceVersion, "Enter a price from a moment on", body=edited_prices.PriceEdit, status=201),
    Endpoint("POST", "/prices/{id}/undo", price_edits.undo, edited_prices.PriceVersion, "Take a version back, by another one", path_parameters=(_PRICE,), status=201),
    Endpoint("POST", "/prices/preview", price_edits.preview, edits.CommandStatus, "Ask what a price would change before it is entered", body=edited_prices.PriceEdit, status=202, refusals=(429,)),
    Endpoint("POST", "/prices/undo", price_edits.undo_all, edited_prices.PriceVersions, "Take several versions back, all or none", body=edited_prices.PriceUndo, status=201),
    Endpoint("POST", "/prices/sync", price_edits.sync, edited_prices.PriceVersions, "Apply chosen prices of models.dev, each as a version", body=edited_prices.PriceSync, status=201),
    Endpoint("GET", "/what-if", question(what_if_question.what_if), edited_prices.WhatIf, "The same requests by another price", what_if_question.PARAMETERS, tagged=True),
    Endpoint("POST", "/price-rules", price_edits.enter_rule, edited_prices.PriceRuleVersion, "Enter a factor on some requests", body=edited_prices.PriceRuleEdit, status=201),
    Endpoint("DELETE", "/price-rules/{id}", price_edits.retire_rule, edited_prices.PriceRuleVersion, "Take a rule out of force", path_parameters=(_PRICE_RULE,)),
    Endpoint("PATCH", "/price-settings", price_edits.change_settings, edited_prices.PriceSettings, "Choose what is assumed of cache writes", body=edited_prices.PriceSettingsEdit),
    Endpoint("GET", "/commands", commands.commands, edits.Commands, "What ingestd was asked to do, newest first"),
    Endpoint("POST", "/commands", commands.ask, edits.CommandStatus, "Ask ingestd to do something", body=Command, status=202, refusals=(429,)),
    Endpoint("GET", "/commands/{id}", commands.command, edits.CommandStatus, "What became of it", path_parameters=(_COMMAND,)),
    Endpoint("DELETE", "/commands/{id}", commands.cancel, edits.CommandStatus, "Take it back, or stop it", path_parameters=(_COMMAND,), refusals=(409,)),
    Endpoint("GET", "/session", sessions.session_state, SessionState, "Whether the caller is signed in", roles=None),
    Endpoint("POST", "/session", sessions.sign_in, SessionState, "Sign in", body=Login, refusals=(401, 409, 429), roles=None),
    Endpoint("DELETE", "/session", sessions.sign_out, SessionState, "Sign out", roles=None),
    Endpoint("GET", "/sessions", sessions.session_list, SessionList, "Who is signed in"),
    Endpoint("DELETE", "/sessions", sessions.end_other_sessions, SessionList, "Sign out everybody else"),
    Endpoint("DELETE", "/sessions/{id}", sessions.end_session, SessionList, "Sign one of them out", path_parameters=(_SESSION,)),
    Endpoint("GET", "/status", status.current_status, shapes.Status, "What the daemons do and what is wrong"),
    Endpoint("GET", "/settings", installation.settings, shapes.SettingsStatus, "The settings as they were read, and where"),
    Endpoint("GET", "/rejected", installation.rejected_messages, shapes.RejectedMessages, "Messages of CPA that became no event", installation.REJECTED_PARAMETERS),
    Endpoint("GET", "/version", status.program_version, shapes.Version, "Which version answers"),
    Endpoint("GET", "/healthz", health.alive, shapes.Health, "Whether the process lives", roles=None),
    Endpoint("GET", "/readyz", health.ready, shapes.Readiness, "Whether questions can be answered", unready=shapes.Readiness, roles=None),
)
# fmt: on

PROBES = ("/healthz", "/readyz")
"""Who supervises daemons looks for these at the root, too."""

OPEN_PATHS = frozenset(API + endpoint.path for endpoint in ENDPOINTS if endpoint.roles is None) | set(PROBES)
"""Below /api, these alone answer without a session."""


def add_to(app: falcon.App[Any, Any], server: Server, endpoints: Sequence[Endpoint]) -> None:
    """Make every endpoint a route; HEAD goes with GET, and Falcon answers OPTIONS and 405 with what there is."""
    for path in dict.fromkeys(endpoint.path for endpoint in endpoints):
        resource = _Resource(server, [each for each in endpoints if each.path == path])
        app.add_route(API + path, resource)
        if path in PROBES:
            app.add_route(path, resource)


class _Resource:
    """The endpoints of one path, as Falcon looks for them: `on_get`, `on_patch` …"""

    on_get: Callable[..., None]

    def __init__(self, server: Server, endpoints: Sequence[Endpoint]) -> None:
        self._server = server
        for endpoint in endpoints:
            respond = partial(self._respond, endpoint)
            setattr(self, f"on_{endpoint.method.lower()}", respond)
            if endpoint.method == "GET":
                self.on_head = respond

    def _respond(self, endpoint: Endpoint, req: falcon.Request, resp: falcon.Response, **path: str) -> None:
        call = Call(self._server, endpoint, req, resp, path, None)
        if endpoint.roles is not None and self._server.sessions.required:
            if call.session is None:  # the middleware has seen to it already, for what is no endpoint as well
                raise Unauthenticated
            if call.session.role not in endpoint.roles:
                raise Forbidden
        sent = None if endpoint.body is None else body.read(req, endpoint.body)
        endpoint.function(replace(call, body=sent))
