"""Debian's Chromium, as tests and pictures start it."""

import shutil

from playwright.sync_api import Browser, Playwright

PROGRAMS = ("chromium-headless-shell", "chromium")
"""The first that is installed is taken. The shell is the same engine without a browser around it: a profile with a page
takes a fifth of the time, and every test has one."""


def launch(playwright: Playwright) -> Browser:
    """Raises `RuntimeError` with the remedy where neither is installed."""
    executable = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if executable is None:
        raise RuntimeError("the browser tests need Chromium: apt install chromium-headless-shell fonts-noto-cjk")
    return playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
