"""The wheel: one package, `cpa_usage_keeper`, which holds the programs and the built dashboard.

`ingestd`, `queryd` and `shared` are names for a checkout, not for everybody's environment: in the wheel they lie in
`cpa_usage_keeper/programs`, laid out as in a checkout, and the command puts that folder on the path.
"""

from pathlib import Path

from setuptools import find_packages, setup

PROGRAMS = ("ingestd", "queryd", "shared")
INSIDE = "cpa_usage_keeper.programs"
DASHBOARD = Path("webui/dist")

if not (DASHBOARD / "index.html").is_file():
    raise SystemExit(f"{DASHBOARD} holds no dashboard: run `make wheel`, which builds it first")

packages = find_packages(include=[pattern for name in PROGRAMS for pattern in (name, f"{name}.*")])

setup(
    packages=["cpa_usage_keeper", *(f"{INSIDE}.{name}" for name in packages), f"{INSIDE}.webui.dist"],
    package_dir={
        **{f"{INSIDE}.{name}": name for name in PROGRAMS},
        f"{INSIDE}.webui.dist": str(DASHBOARD),
    },
    package_data={
        f"{INSIDE}.shared.schema": ["steps/*.sql"],
        f"{INSIDE}.ingestd.pricebook": ["catalogue.jsonl"],
        f"{INSIDE}.webui.dist": ["**/*"],
    },
    zip_safe=False,
)
