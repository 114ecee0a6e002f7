"""See to it that there is a Chromium for the tests that look at the page; say nothing where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
APT = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"])


def main() -> int:
    """Find or install a browser, and return the exit code."""
    if browser():
        return 0
    print("The page's tests need a browser; installing Chromium.", flush=True)
    for command in _commands():
        if subprocess.run(
            command, stdin=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        ).returncode:
            break
    if browser():
        return 0
    print("Chromium could not be installed; install it yourself, then type `make test` again.", file=sys.stderr)
    return 1


def browser() -> str | None:
    """Return a Chromium of this machine, else the one that Playwright has downloaded, else None."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    return next(iter([*found, *(place for place in PLACES if Path(place).exists())]), None) or _downloaded()


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _commands() -> tuple[list[str], ...]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        return APT
    return ([sys.executable, "-m", "playwright", "install", "chromium"],)


if __name__ == "__main__":
    sys.exit(main())
