"""`/session` and `/sessions`: sign in, sign out, and who else is signed in."""

import structlog

from queryd.endpoints import Call
from queryd.errors import InvalidParameter, NotFound, Refusal, Starting
from queryd.hosts import is_loopback
from queryd.params import parameters
from queryd.params.calendar import rfc3339
from queryd.resources.answer import send
from queryd.sessions import Session
from queryd.shapes.sessions import Login, SessionEntry, SessionList, SessionState

log = structlog.get_logger("queryd")


def session_state(call: Call) -> None:
    """Whether the caller is signed in. Answers without the file when no session is named."""
    parameters.read(call.req.query_string, ())
    _send_state(call, call.session)


def sign_in(call: Call) -> None:
    """Open a session: 401 for a wrong password or an unknown key, 429 for too many tries, right or wrong.

    503 for a key while CPA's keys have not been read yet; that counts as no try.
    """
    parameters.read(call.req.query_string, ())
    sessions, login = call.server.sessions, call.body
    assert isinstance(login, Login)  # noqa: S101 - the route's body
    if isinstance(login.password, str) is isinstance(login.api_key, str):
        raise InvalidParameter("password", "send either password or api_key")
    if not sessions.required:
        raise Refusal(409, "conflict", "no password is asked for here: LOGIN_PASSWORD is not set")
    address = call.caller.address
    if not call.caller.secure and not is_loopback(address):
        sessions.sent_in_clear_at = call.context.clock()
        log.warning("password over plain http", address=address, remedy="serve https, then change LOGIN_PASSWORD")
    if isinstance(login.api_key, str) and not sessions.keys_known():
        raise Starting("CPA's keys have not been read yet, so nobody can say whether this is one of them")
    seconds = sessions.limit.attempt(address)
    if seconds is not None:
        raise Refusal(429, "too_many", f"too many attempts; again in {seconds} s", retry_after=seconds)
    only_key = None
    if isinstance(login.api_key, str):
        only_key = sessions.find_key(login.api_key)
        if only_key is None:
            log.warning("unknown key", address=address)  # bounded: the limit lets few through
            raise Refusal(401, "unknown_key", "CPA does not list this key", parameter="api_key")
    elif not sessions.is_password(str(login.password)):
        log.warning("wrong password", address=address)
        raise Refusal(401, "wrong_password", "the password is wrong", parameter="password")
    now = call.context.clock()
    token = sessions.open(now, call.caller, call.req.user_agent or "", only_key)
    if only_key is None:  # whoever holds a key could try passwords without end, were theirs forgotten
        sessions.limit.succeeded(address)
    log.info("signed in", address=address, role="admin" if only_key is None else "api_key")
    call.resp.set_cookie(
        sessions.cookie,
        token,
        max_age=sessions.ttl // 1_000_000,
        path=call.server.cookie_path,
        secure=call.caller.secure,
        http_only=True,
        same_site="Strict",  # the page itself needs none: what it asks for comes from it, not from the link's site
    )
    _send_state(call, sessions.find([token], now))


def sign_out(call: Call) -> None:
    """End the caller's session, if there is one."""
    parameters.read(call.req.query_string, ())
    if call.session is not None:
        call.server.sessions.end(call.session.id)
    _forget(call)
    _send_state(call, None)


def session_list(call: Call) -> None:
    """Who is signed in, the newest use first."""
    parameters.read(call.req.query_string, ())
    _send_list(call)


def end_session(call: Call) -> None:
    """Sign one of them out."""
    parameters.read(call.req.query_string, ())
    text = call.path["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    if not call.server.sessions.end(number):
        raise NotFound("there is no such session; it may have ended already")
    if call.session is not None and call.session.id == number:
        _forget(call)
    _send_list(call)


def end_other_sessions(call: Call) -> None:
    """Sign out everybody but the caller."""
    parameters.read(call.req.query_string, ())
    call.server.sessions.end_others(0 if call.session is None else call.session.id)
    _send_list(call)


def _forget(call: Call) -> None:
    call.resp.unset_cookie(call.server.sessions.cookie, same_site="Strict", path=call.server.cookie_path)


def _send_state(call: Call, session: Session | None) -> None:
    required = call.server.sessions.required
    role = "admin" if not required else None if session is None else session.role
    expires_at = None if session is None else rfc3339(session.expires_at, call.context.zone)
    call.resp.set_header("Cache-Control", "no-store")
    name = None if session is None else session.key_name
    send(call.resp, SessionState(required=required, role=role, api_key=name, expires_at=expires_at))


def _send_list(call: Call) -> None:
    zone, current = call.context.zone, None if call.session is None else call.session.id
    call.resp.set_header("Cache-Control", "no-store")
    entries = [
        SessionEntry(
            id=str(each.id),
            current=each.id == current,
            role=each.role,
            api_key=each.key_name,
            created_at=rfc3339(each.created_at, zone),
            last_seen_at=rfc3339(each.last_seen_at, zone),
            expires_at=rfc3339(each.expires_at, zone),
            address=each.address,
            user_agent=each.user_agent,
        )
        for each in call.server.sessions.all(call.context.clock())
    ]
    send(call.resp, SessionList(sessions=entries))
