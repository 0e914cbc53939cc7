"""Many accounts at once: CPA lists them, each list with other notes, and their provider tells their quota."""

import json
from collections.abc import Mapping, Sequence
from itertools import count

from tests.cpa.api_call import Asked, Said
from tests.cpa.management import Reply, Request, json_reply
from tests.cpa.recorded import RecordedDocuments


class ManyAccounts(RecordedDocuments):
    """Codex accounts of these `auth_index`, beside what was recorded."""

    def __init__(self, indexes: Sequence[str]) -> None:
        super().__init__()
        self._indexes = indexes
        self._asked = count()

    def tokens(self) -> dict[str, bool]:
        return dict.fromkeys(self._indexes, True)

    def published(self, payloads: Sequence[bytes]) -> None:
        """Not counted: the stand-in shares the machine with what is measured."""

    def reply(self, request: Request) -> Reply | None:
        if (request.method, request.path) != ("GET", "auth-files"):
            return super().reply(request)
        note = f"list {next(self._asked)}"
        files = [
            {
                "id": f"{index}.json",
                "name": f"{index}.json",
                "auth_index": index,
                "provider": "codex",
                "type": "codex",
                "email": f"account-{index[:4]}@example.com",
                "note": note,
                "success": 0,
                "failed": 0,
                "id_token": {"chatgpt_account_id": index, "plan_type": "plus"},
            }
            for index in self._indexes
        ]
        return json_reply({"files": files})


class Quota:
    """What Codex answers: other percentages each time."""

    def __init__(self) -> None:
        self._asked = count()

    def __call__(self, asked: Asked) -> Said | None:
        del asked  # all accounts are alike
        number = next(self._asked)
        windows = {
            name: {"used_percent": number % 97, "limit_window_seconds": length, "reset_after_seconds": length // 2}
            for name, length in (("primary_window", 18_000), ("secondary_window", 604_800))
        }
        said: Mapping[str, object] = {"plan_type": "plus", "rate_limit": {"allowed": True, **windows}}
        return Said(200, json.dumps(said), {"Content-Type": "application/json"})
