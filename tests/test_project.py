"""What holds the project together: walls, sizes, words, and documents that are true."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from ingestd.tasks import TASKS

ROOT = Path(__file__).parents[1]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split("\n")
FILES = [ROOT / name for name in TRACKED if name and (ROOT / name).is_file()]
CODE = [path for path in FILES if path.suffix in (".py", ".ts", ".svelte", ".css")]
TEXT = [
    path for path in FILES if path.suffix not in (".png", ".ico", ".jsonl", ".pem") and "tests/data" not in str(path)
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_longer_than_500_lines():
    generated = {"webui/src/api/schema.d.ts"}
    assert [
        relative(path) for path in CODE if relative(path) not in generated and len(path.read_text().splitlines()) > 500
    ] == []


def test_no_module_is_called_by_what_it_is_not():
    forbidden = re.compile(r"(^|_)(utils?|helpers?|services?|managers?|misc|common)(_|\.|$)")
    assert [relative(path) for path in CODE if forbidden.search(path.name)] == []


def test_silenced_checks_say_why():
    bare = re.compile(r"# noqa(?!: [A-Z0-9, ]+ {1,2}[-(])|# type: ignore(?!\[[\w-]+\]\s+[#(])")
    assert [
        f"{relative(path)}: {line.strip()}"
        for path in CODE
        if path.suffix == ".py" and path != Path(__file__)
        for line in path.read_text().splitlines()
        if bare.search(line)
    ] == []


def test_nothing_names_a_package_registry():
    hosts = re.compile(
        r"registry\.npm" + r"js|registry\.yarn" + r"pkg|pypi\." + r"org|files\.python" + r"hosted|npm" + r"mirror"
    )
    assert [relative(path) for path in TEXT if hosts.search(path.read_text("utf-8", "ignore"))] == []


def test_the_procfile_starts_both_daemons():
    assert (ROOT / "Procfile").read_text().splitlines() == [
        "ingestd: python -m ingestd",
        "queryd: deploy/queryd-until-stopped",
    ]


def test_the_readme_names_every_top_level_folder():
    tree = (ROOT / "README.md").read_text().split("## The tree")[1].split("```")[1]
    named = set(re.findall(r"^(\w+)/", tree, re.MULTILINE))
    folders = {relative(path).split("/")[0] for path in FILES if "/" in relative(path)}
    assert named == {name for name in folders if not name.startswith(".")} - {"requirements"}


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "deploy/README.md"])
def test_what_a_document_links_to_is_there(document):
    text = (ROOT / document).read_text()
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


def test_the_lock_holds_what_setup_cfg_asks_for():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    wanted = [
        re.split(r"[<>=!]", line)[0].strip().lower()
        for line in config["options"]["install_requires"].splitlines()
        if line and not line.startswith("#")
    ]
    locked = (ROOT / "requirements" / "run.txt").read_text().lower()
    assert [name for name in wanted if f"\n{name}==" not in f"\n{locked}"] == []


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
def test_status_has_a_name_for_every_task(language):
    texts = (ROOT / f"webui/src/pages/status/messages.{language}.ts").read_text()
    assert [task.name for task in TASKS if f"'status.task.{task.name}'" not in texts] == []
