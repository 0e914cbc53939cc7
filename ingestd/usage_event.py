"""A usage event: one upstream attempt on one credential, as CPA reported it, with its gaps filled in."""

from typing import Annotated

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Counters(msgspec.Struct, frozen=True, gc=False):
    """`tokens` of a payload: what the provider reported. What overlaps what differs by provider; may be negative."""

    input_tokens: Int64 = 0
    output_tokens: Int64 = 0
    reasoning_tokens: Int64 = 0
    cached_tokens: Int64 = 0
    cache_read_tokens: Int64 = 0
    cache_creation_tokens: Int64 = 0
    total_tokens: Int64 = 0
    cache_read_tokens_present: bool = False

    @property
    def is_zero(self) -> bool:
        return not (
            self.input_tokens
            or self.output_tokens
            or self.reasoning_tokens
            or self.cached_tokens
            or self.cache_read_tokens
            or self.cache_creation_tokens
            or self.total_tokens
        )


class InputBreakdown(msgspec.Struct, frozen=True, gc=False):
    total_tokens: Int64 = 0
    uncached_tokens: Int64 = 0
    cache_read_tokens: Int64 = 0
    cache_write_tokens: Int64 = 0


class OutputBreakdown(msgspec.Struct, frozen=True, gc=False):
    total_tokens: Int64 = 0
    non_reasoning_tokens: Int64 = 0
    reasoning_tokens: Int64 = 0


class Breakdown(msgspec.Struct, frozen=True, gc=False):
    """`token_breakdown` of a payload (CPA v7.2.97 and later): CPA's own classification into exclusive buckets."""

    schema_version: Int64 = 0
    quality: str = ""
    total_tokens: Int64 = 0
    input: InputBreakdown = InputBreakdown()
    output: OutputBreakdown = OutputBreakdown()
    unclassified_tokens: Int64 = 0


class UsageEvent(msgspec.Struct, frozen=True, gc=False):
    """What the rest of ingestd reads. Texts may be empty, except `provider`, `model` and `alias`.

    Holds secrets (`api_key`, and often `source`): never log one; its repr leaves them out.
    """

    occurred_at: int  # start of the attempt, UTC epoch microseconds, truncated
    tokens: Counters
    breakdown: Breakdown | None
    accounting_version: int  # 0 when CPA sent none
    failed: bool
    generate: bool  # False: a warm-up, which counts but is no latency sample
    status_code: int  # 0 = not reported
    fail_body: str
    latency_ms: int  # 0 to 2**32 - 1
    ttft_ms: int  # the same; 0 = not observed
    provider: str
    executor_type: str
    model: str
    alias: str  # as the client spelled the model
    endpoint: str
    auth_type: str
    auth_index: str
    source: str  # an account, or a raw upstream key, or the client's key: see `account_label`
    api_key: str  # the client's key in clear
    request_id: str
    reasoning_effort: str
    service_tier: str
    response_service_tier: str
    client_ip: str
    x_forwarded_for: str
    user_agent: str
    response_headers: dict[str, list[str]]

    def __repr__(self) -> str:
        return f"UsageEvent(occurred_at={self.occurred_at}, provider={self.provider!r}, model={self.model!r})"
