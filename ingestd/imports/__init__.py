"""What was collected by somebody else, or by another installation, becomes events: `import FILE`.

A source (`incumbent`, `cpa_export`, `exported`) reads a file; `known` tells what is in ours already; `importing` writes
the rest, priced by our prices at the events' times, into chunks of its own. What a person had named or priced there
(`edits`) is queryd's to write.
"""

from pathlib import Path

from ingestd.imports import cpa_export, exported, incumbent
from ingestd.imports.source import ImportProblem, Source

_HEAD_BYTES = 4_096
_SQLITE = b"SQLite format 3\x00"


def open_source(path: Path, credentials: cpa_export.Credentials) -> Source:
    """The reader for a file, by what it holds. Raises `ImportProblem` with one sentence for what is none of ours.

    `credentials`: what this installation knows of accounts by `auth_index`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as problem:
        raise ImportProblem(f"{path} cannot be read: {problem.strerror or problem}") from problem
    if head.startswith(_SQLITE):
        return incumbent.Database(path)
    if head.lstrip()[:1] != b"{":
        what = "is empty" if not head.strip() else "is neither a database nor JSON"
        raise ImportProblem(f"{path} {what}: give an app.db, an export of CPA, or an export as JSON Lines")
    if exported.recognizes(head):
        return exported.Lines(path)
    return cpa_export.Document(path, credentials)
