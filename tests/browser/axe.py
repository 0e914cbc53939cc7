"""Deque's axe in a page: what a person with a screen reader, a keyboard or weak eyes would stumble over."""

from typing import Any, Literal

from playwright.sync_api import Page

from tests.daemons import ROOT

_SCRIPT = ROOT / "webui" / "node_modules" / "axe-core" / "axe.min.js"
_CONTRAST = "color-contrast"
GRAVE = ("serious", "critical")


def stumbling_blocks(page: Page, about: Literal["all", "colours", "all but colours"] = "all") -> list[str]:
    """The serious and critical violations of WCAG A and AA, and of good practice, one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT.read_text("utf-8"))
    asked: dict[str, Any] = {"resultTypes": ["violations"]}
    if about == "colours":
        asked["runOnly"] = {"type": "rule", "values": [_CONTRAST]}
    elif about == "all but colours":
        asked["rules"] = {_CONTRAST: {"enabled": False}}
    # What follows from how large things became is there a frame after they were drawn.
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    found: dict[str, Any] = page.evaluate("asked => axe.run(document, asked)", asked)
    return [
        f"{one['impact']} {one['id']}: {node['target'][0]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
