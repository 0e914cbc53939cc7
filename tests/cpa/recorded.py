"""Management documents recorded from a real CPA, replayed body and status as they were."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from tests.cpa.management import PREFIX, Reply, Request, json_reply

RECORDINGS = Path(__file__).parent.parent / "data" / "cpa" / "management"


class RecordedDocuments:
    """Bodies of `management/NAME.json`, by method and path; `auth-files` answers its filters too.

    Where one path was recorded more than once, the successful recording answers.
    """

    def __init__(self, directory: Path = RECORDINGS) -> None:
        self._replies: dict[tuple[str, str], Reply] = {}
        for meta_path in sorted(directory.glob("*.meta.json")):
            meta = json.loads(meta_path.read_bytes())
            target = urlsplit(meta["path"])
            if target.query.startswith("name=") and target.path == PREFIX + "auth-files":
                continue
            body = meta_path.with_name(meta_path.name.replace(".meta.json", ".json")).read_bytes()
            key = (meta["method"], target.path.removeprefix(PREFIX))
            reply = Reply(meta["status"], body)
            if key not in self._replies or reply.status == 200:
                self._replies[key] = reply

    def reply(self, request: Request) -> Reply | None:
        reply = self._replies.get((request.method, request.path))
        wanted = {key: values[0] for key, values in request.query.items() if key in ("name", "auth_index")}
        if reply is None or request.path != "auth-files" or not wanted:
            return reply
        return json_reply({"files": [file for file in json.loads(reply.body)["files"] if _matches(file, wanted)]})


def _matches(file: dict[str, object], wanted: dict[str, str]) -> bool:
    if "name" in wanted and wanted["name"] not in (file["name"], file["id"]):
        return False
    return "auth_index" not in wanted or wanted["auth_index"] == file["auth_index"]
