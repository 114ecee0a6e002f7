"""Find or install a Chromium for the tests that look at the page; say nothing if there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APT = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
PLAYWRIGHT = ([sys.executable, "-m", "playwright", "install", "chromium"],)


def main() -> int:
    """Find or install a browser, and return the exit code."""
    if find_browser():
        return 0
    print("The page's tests need a browser; installing Chromium.", flush=True)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    for command in APT if root and shutil.which("apt-get") else PLAYWRIGHT:
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run(command, stdin=subprocess.DEVNULL, env=environ).returncode:
            break
    if find_browser():
        return 0
    print("Chromium could not be installed; install it yourself, then type `make test` again.", file=sys.stderr)
    return 1


def find_browser() -> str | None:
    """Return a Chromium of this machine, else the one that Playwright has downloaded, else None."""
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    sys.exit(main())
