"""Units, image and compose files: what can be said of them without a machine to run them on."""

import re
import shlex
import shutil
import subprocess

import pytest
import yaml  # type: ignore[import-untyped]  # schemathesis brings it, types are another package

from cpa_usage_keeper.__main__ import parser
from tests.daemons import ROOT

DEPLOY = ROOT / "deploy"
UNITS = ("ingestd", "queryd")
ANALYZE = shutil.which("systemd-analyze") or ""


@pytest.fixture
def unit(tmp_path, request):
    """A unit whose program is there."""
    path = tmp_path / f"keeper-{request.param}.service"
    text = (DEPLOY / f"{request.param}.service").read_text()
    path.write_text(text.replace("/opt/cpa-usage-keeper/bin/cpa-usage-keeper", "/usr/bin/env cpa-usage-keeper"))
    return path


@pytest.mark.skipif(not ANALYZE, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, indirect=True)
def test_systemd_finds_nothing_wrong_and_little_exposed(unit):
    for arguments in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=20", "--no-pager"]):
        done = subprocess.run([ANALYZE, *arguments, str(unit)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Unknown" not in done.stderr + done.stdout


def test_the_units_differ_in_what_they_run_and_how_long_it_starts():
    lines = [(DEPLOY / f"{name}.service").read_text().replace(name, "NAME").splitlines() for name in UNITS]
    differ = {one.split("=")[0] for one, other in zip(*lines, strict=True) if one != other}
    assert {name for name in differ if not name.startswith("#")} == {"Description", "TimeoutStartSec", "TasksMax"}


@pytest.mark.parametrize("name", UNITS)
def test_what_a_unit_makes_is_private(name):
    lines = (DEPLOY / f"{name}.service").read_text().splitlines()
    assert {"UMask=0077", "StateDirectoryMode=0700"} <= {*lines}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_what_the_command_knows(name):
    (started,) = re.findall(r"^ExecStart=(.+)$", (DEPLOY / f"{name}.service").read_text(), re.MULTILINE)
    assert parser().parse_args(shlex.split(started)[1:]).command == name


def services(*files):
    found: dict[str, dict] = {}
    for file in files:
        for name, service in yaml.safe_load((DEPLOY / file).read_text())["services"].items():
            known = found.setdefault(name, {})
            environment = known.get("environment", {}) | service.get("environment", {})
            known.update(service, environment=environment)
    return found


def test_compose_runs_both_daemons_of_one_image_and_asks_how_they_do():
    found = services("compose.yaml")
    assert set(found) == {"ingestd", "queryd"}
    for name, service in found.items():
        assert parser().parse_args(shlex.split(service["command"])).command == name
        kind, program, *asked = service["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "cpa-usage-keeper")
        assert parser().parse_args(asked).daemon == name
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["environment"]["APP_HOST"] == "0.0.0.0"  # noqa: S104 - in a container
        assert service["volumes"] == ["keeper:/data"]
    assert found["queryd"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in found["ingestd"]


def test_compose_with_cpa_points_both_at_it():
    found = services("compose.yaml", "compose.cpa.yaml")
    assert set(found) == {"ingestd", "queryd", "cpa"}
    for name in UNITS:
        assert found[name]["environment"]["CPA_BASE_URL"] == "http://cpa:8317"
        assert found[name]["environment"]["WORK_DIR"] == "/data"
    assert all(port.startswith("127.0.0.1:") for port in found["cpa"]["ports"])


def stages():
    """Each stage of the image: its instructions, continued lines joined."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for instruction, arguments in lines:
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, arguments))
    return found


def test_the_image_runs_as_nobody_in_particular_and_holds_no_tools_of_the_build():
    *_, last = stages()
    names = [name for name, _ in last]
    assert names.index("USER") > names.index("RUN")
    assert dict(last)["USER"] not in ("root", "0")
    assert [source for name, source in last if name == "COPY"] == ["--from=environment /opt/keeper /opt/keeper"]
    (asked,) = [arguments for name, arguments in last if name == "HEALTHCHECK"]
    command = yaml.safe_load(asked.partition("CMD ")[2])
    assert parser().parse_args(command[1:]).command == "health"
    assert yaml.safe_load(dict(last)["ENTRYPOINT"]) == ["cpa-usage-keeper"]
    bases = {arguments.split()[0] for stage in stages() for name, arguments in stage if name == "FROM"}
    assert bases == {"python:3.12-slim-bookworm"}


def test_what_the_image_copies_is_there_and_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [
        source
        for stage in stages()
        for name, arguments in stage
        if name == "COPY" and not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    ]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {source.split("/")[0] for source in copied} == kept
