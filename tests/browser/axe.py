"""Deque's axe in a page: what a person with a screen reader, a keyboard or weak eyes would stumble over."""

from typing import Any

from playwright.sync_api import Page

from tests.daemons import ROOT

_SCRIPT = ROOT / "webui" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def stumbling_blocks(page: Page) -> list[str]:
    """The serious and critical violations of WCAG A and AA, and of good practice, one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['impact']} {one['id']}: {node['target'][0]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
