"""Names for the company's client keys, given through the API as a person would give them."""

import httpx

from tests.cpa import accounts

ALIASES = {
    accounts.WEB: "Web team",
    accounts.MOBILE: "Mobile team",
    accounts.DATA: "Data science",
    accounts.RESEARCH: "Research",
    accounts.NIGHTLY: "Nightly evaluation",
    accounts.HELPDESK: "Helpdesk bot",
}
"""Mina's key is left to whoever tries it."""


def give(url: str) -> int:
    """Name every key that is there and has no name yet; how many of ours have one now."""
    named = 0
    with httpx.Client(base_url=f"{url}/api/v1", timeout=10, trust_env=False) as client:
        for key in client.get("/api-keys").raise_for_status().json()["api_keys"]:
            # A mask ends as its key does, and no two of these keys end alike.
            alias = next((alias for owner, alias in ALIASES.items() if key["mask"].endswith(owner.key[-4:])), None)
            if alias is not None and key["label"] is None:
                client.patch(f"/api-keys/{key['id']}", json={"label": alias}).raise_for_status()
            named += alias is not None
    return named
