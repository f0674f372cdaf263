"""Which browser the tests drive, and how it is started."""

from __future__ import annotations

import os
import shutil
from typing import Any

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def launch_options() -> dict[str, Any]:
    """Prefer the Chromium that ``CHROMIUM`` names, then the system's, then Playwright's own."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    executable = os.environ.get("CHROMIUM") or next(filter(None, found), None)
    arguments = ["--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--disable-sync"]
    chosen = {"executable_path": executable} if executable else {}
    return {**chosen, "args": arguments}
