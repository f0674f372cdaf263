"""A notebook in JupyterLab whose frames, bytes and memory are measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from lab import Lab
from lab_server import Server
from playwright.sync_api import BrowserContext, WebSocket

PROBE = Path(__file__).with_name("probe.js")

CLUSTER = """
@pn.clustering_function
def by_thousands(vectors: pn.Vectors):
    "Cut the images into groups of 1,000."
    import numpy as np
    return np.arange(len(vectors)) // 1000
"""

#: Keeps how long the engine itself took, in the kernel.
WATCH = """
import time
from panoptic_nb import engine
inner, engine_seconds = engine.split, []
def timed(*arguments, **others):
    start = time.perf_counter()
    try:
        return inner(*arguments, **others)
    finally:
        engine_seconds.append(time.perf_counter() - start)
engine.split = timed
"""


def p95(gaps: list[float]) -> float:
    """Return the 95th percentile of the milliseconds between frames."""
    return float(np.percentile(gaps, 95))


class MeasuredLab(Lab):
    """A notebook that opens a project in its first cell and shows it in the second.

    Parameters
    ----------
    context : playwright.sync_api.BrowserContext
        Where the page is opened.
    server, folder
        As for `Lab`.
    """

    def __init__(self, context: BrowserContext, server: Server, folder: Path) -> None:
        page = context.new_page()
        page.add_init_script(path=PROBE)
        super().__init__(page, server, folder)
        #: Bytes that the page received over its websockets.
        self.received = 0
        page.on("websocket", self._watch)
        self._devtools = context.new_cdp_session(page)
        self._devtools.send("Performance.enable")

    def show(self, table: Path, project: Path) -> dict[str, float]:
        """Open a project; return seconds to open it, and what its first screen took."""
        opening = (
            "import time\nimport panoptic_nb as pn\nstart = time.perf_counter()\n"
            f"project = pn.open_project({str(table)!r}, {str(project)!r}, path_column='path')\n"
            "seconds = time.perf_counter() - start"
        )
        self.new([opening, "project"])
        self.run_cell(0, seconds=300)
        opened = float(self.value("seconds"))
        before = self.received
        shown: dict[str, float] = self.probe("firstScreen(1)", seconds=120)
        self.page.wait_for_timeout(1000)  # what follows the first screen counts, too
        return {**shown, "opened": opened, "bytes": self.received - before}

    def probe(self, call: str, seconds: float = 60) -> Any:
        """Call a function of the probe in the page."""
        return self._evaluate(call, f"() => window.probe.{call}", None, seconds)

    def memory(self) -> dict[str, float]:
        """Return megabytes: the live JavaScript heap, and all of the browser's processes."""
        self._devtools.send("HeapProfiler.collectGarbage")
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        heap = next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")
        # Chromium is started by the driver, which is a child of this process.
        processes = psutil.Process().children(recursive=True)
        renderers = [p for p in processes if "--type=renderer" in p.cmdline()]
        resident = sum(p.memory_info().rss for p in renderers)
        return {"heap": heap / 1e6, "renderers": resident / 1e6}

    def _watch(self, socket: WebSocket) -> None:
        def count(payload: str | bytes) -> None:
            size = len(payload) if isinstance(payload, bytes) else len(payload.encode())
            self.received += size

        socket.on("framereceived", count)


def idle_p95(context: BrowserContext, seconds: float) -> float:
    """Return the p95 of the frames of a page that does nothing."""
    page = context.new_page()
    page.add_init_script(path=PROBE)
    page.goto("data:text/html,<p>empty")
    gaps = json.loads(page.evaluate(f"probe.idle({seconds}).then(JSON.stringify)"))
    page.close()
    return p95(gaps)
