"""The one shape of every error."""

from typing import Literal

from msgspec import UNSET, UnsetType

from queryd.shapes.values import Answer

ErrorCode = Literal[
    "invalid_parameter",
    "unknown_parameter",
    "invalid_request",
    "not_found",
    "method_not_allowed",
    "payload_too_large",
    "unsupported_media_type",
    "unauthenticated",
    "unknown_key",
    "wrong_password",
    "forbidden",
    "cross_site",
    "unknown_host",
    "conflict",
    "too_many",
    "starting",
    "schema_mismatch",
    "damaged",
    "no_collector",
    "unusable_folder",
    "disk_full",
    "disk_failed",
    "query_timeout",
    "busy",
    "internal_error",
]


class ErrorDetail(Answer, frozen=True, kw_only=True):
    code: ErrorCode
    message: str
    parameter: str | UnsetType = UNSET


class Error(Answer, frozen=True, kw_only=True):
    error: ErrorDetail
