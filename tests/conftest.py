"""Settings that all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Time limits on single examples say more about the machine than about the code.
settings.register_profile("panoptic_nb", deadline=None, derandomize=True)
settings.load_profile("panoptic_nb")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last.

    The quick tests speak first, and Playwright's event loop, which stays in the main thread for
    the rest of the session, meets no test that runs a loop of its own.
    """
    items.sort(key=lambda item: "/browser/" in item.nodeid)
