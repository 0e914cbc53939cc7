"""How CPA's client keys are known without being kept: as HMACs under the installation's secret."""

import hashlib
import hmac


def key_digest(secret: bytes, key: str) -> bytes:
    """What stands in the file (`api_key.hmac`) for a key; without the secret it tells nothing of it."""
    return hmac.digest(secret, key.encode("utf-8", "surrogatepass"), hashlib.sha256)
