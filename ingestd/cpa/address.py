"""Where CPA is, and the key that opens it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where CPA's RESP is, how to reach it and the key to present."""

    host: str
    port: int
    management_key: str
    tls: bool = False
    skip_verify: bool = False
    timeout_seconds: float = 30.0

    def __repr__(self) -> str:
        return f"Address({self.host}:{self.port}, tls={self.tls})"
