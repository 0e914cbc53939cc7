"""What a person may ask ingestd to do: a closed set that queryd files (table `command`) and ingestd runs."""

from typing import Annotated, Any, Literal

import msgspec

from shared.prices import Price


class _Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What they have in common: the field `kind` tells them apart."""


class RefreshMetadata(_Command, frozen=True, tag="refresh_metadata"):
    """Look up credentials, client keys and providers in CPA's management API now."""


class ReplayRejected(_Command, frozen=True, tag="replay_rejected"):
    """Read the messages that were set aside again, as if they arrived now.

    `reason`: only those set aside for it. `time`: theirs, or that of their arrival; null: of the arrival where theirs
    was impossible.
    """

    reason: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    time: Literal["as_is", "arrival"] | None = None


class DiscardRejected(_Command, frozen=True, tag="discard_rejected"):
    """Remove messages that were set aside, for good: those up to the id `up_to`, of `reason` or of any."""

    up_to: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
    reason: Annotated[str, msgspec.Meta(max_length=64)] | None = None


_Moment = Annotated[int, msgspec.Meta(ge=0, description="UTC epoch microseconds")]
_Models = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=200)], ...], msgspec.Meta(max_length=200)]


class SyncModelsDev(_Command, frozen=True, tag="sync_models_dev"):
    """Compare prices with models.dev's; nothing changes until some of what it says is applied."""


class PreviewReprice(_Command, frozen=True, tag="preview_reprice"):
    """Count what pricing stored requests anew would change: of a time, and of these models, or of all.

    A model's requests are all that a price or a rule of that name can concern, dated and aliased names included.
    """

    start: _Moment | None = None
    end: _Moment | None = None
    models: _Models | None = None


class PreviewPrice(_Command, frozen=True, tag="preview_price"):
    """Count what a price would change, of requests of its model since it begins, before a person enters it."""

    price: Price


class Reprice(_Command, frozen=True, tag="reprice"):
    """Price stored requests anew by the prices of now. Asked for again after a kill, it does what is left.

    `models`: as for `preview_reprice`.
    """

    start: _Moment | None = None
    end: _Moment | None = None
    models: _Models | None = None


class CheckUpdate(_Command, frozen=True, tag="check_update"):
    """Ask UPDATE_URL which version is the newest; an hour long the answer is remembered."""


class BackUp(_Command, frozen=True, tag="backup"):
    """Make a verified backup now, whatever BACKUP_ENABLED says."""


_Credential = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
_Credentials = Annotated[tuple[_Credential, ...], msgspec.Meta(min_length=1, max_length=2_000)]


class RefreshQuota(_Command, frozen=True, tag="refresh_quota"):
    """Ask providers what these accounts have left; null: all that are enabled."""

    credentials: _Credentials | None = None


class DisableCredentials(_Command, frozen=True, tag="disable_credentials"):
    """Have CPA leave these accounts alone; with `restore` only until their next reset."""

    credentials: _Credentials
    restore: Literal["at_reset"] | None = None


class EnableCredentials(_Command, frozen=True, tag="enable_credentials"):
    """Have CPA use these accounts again."""

    credentials: _Credentials


class RestoreCredentials(_Command, frozen=True, tag="restore_credentials"):
    """Have CPA forget that these accounts are cooling down."""

    credentials: _Credentials


Command = (
    RefreshMetadata
    | ReplayRejected
    | DiscardRejected
    | SyncModelsDev
    | PreviewReprice
    | Reprice
    | BackUp
    | RefreshQuota
    | DisableCredentials
    | EnableCredentials
    | RestoreCredentials
    | CheckUpdate
)
"""What can be asked for as it is; a `PreviewPrice` is made of what a person enters."""

QUEUED_MAX = 20
"""Commands that may wait at once."""

KEPT = 1_000
"""Commands that are remembered, newest first."""


class UnknownCommand(Exception):
    """The file holds a command of another version of this program."""


def encode(command: Command | PreviewPrice) -> tuple[str, str]:
    """Kind, and arguments as a JSON object: the columns of `command`."""
    fields: dict[str, Any] = msgspec.to_builtins(command)
    kind = fields.pop("kind")
    return str(kind), msgspec.json.encode(fields).decode()


def decode(kind: str, arguments: str) -> Command | PreviewPrice:
    """The command of a row. Raises `UnknownCommand`."""
    try:
        command: Command | PreviewPrice = msgspec.convert(
            msgspec.json.decode(arguments) | {"kind": kind}, type=Command | PreviewPrice
        )
    except (msgspec.MsgspecError, TypeError) as problem:
        raise UnknownCommand(f"this version does not know the command {kind}: {problem}") from problem
    return command
