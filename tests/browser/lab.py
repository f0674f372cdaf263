"""A page object over one notebook in a real JupyterLab.

Readiness is the whole difficulty. The notebook's execution indicator says "idle" before the kernel
is connected, and a page that opens a notebook without a session may start two kernels and drop
one; cells that run in that window are lost. So a session is made before the page is opened, and
`Lab` waits for the application, the document, the connection and one answer of the kernel.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lab_server import Server
from playwright.sync_api import ConsoleMessage, Dialog, Locator, Page
from playwright.sync_api import Error as BrowserError

READY = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  const kernel = panel.sessionContext.session.kernel;
  await new Promise(resolve => {
    const settle = () => kernel.connectionStatus === "connected" && resolve();
    kernel.connectionStatusChanged.connect(settle);
    settle();
  });
  await kernel.info;
  await kernel.requestExecute({code: "pass", silent: true, store_history: false}).done;
}"""

EXECUTE = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({code, store_history: false});
  let text = "", error = null;
  future.onIOPub = ({header, content}) => {
    if (header.msg_type === "stream") text += content.text;
    if (header.msg_type === "execute_result") text += content.data["text/plain"];
    if (header.msg_type === "error") error = content.traceback.join("\\n");
  };
  await future.done;
  return {text, error};
}"""

COMMAND = """async ([name, args]) => {
  await window.jupyterapp.commands.execute(name, args);
}"""

RUN_CELL = """async index => {
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
  await window.jupyterapp.commands.execute("notebook:run-cell");
}"""

RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"


class KernelError(AssertionError):
    """Code that a test ran in the kernel raised; the text is its traceback."""


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook of code cells that have not run."""
    fields: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}},
        "cells": [
            {"cell_type": "code", "id": f"cell-{index}", "source": source, **fields}
            for index, source in enumerate(cells)
        ],
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")


class Lab:
    """One notebook in JupyterLab, as a person sees it, and its kernel.

    Parameters
    ----------
    page : playwright.sync_api.Page
        A blank page; afterwards it is there for every locator, ``lab.page.get_by_test_id(...)``.
    server : Server
        Where to open notebooks.
    folder : Path
        Folder below ``server.root`` for the notebooks of this test; also their working folder.

    Attributes
    ----------
    errors : list of str
        Uncaught errors of the page, and what widgets wrote with ``console.error``. The fixture
        fails the test when it is not empty at the end; a test that provokes one clears it.
    """

    def __init__(self, page: Page, server: Server, folder: Path) -> None:
        self.page = page
        self.server = server
        self.folder = folder
        self.notebook: Path | None = None
        self.errors: list[str] = []
        self._session: str | None = None
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("console", self._on_console)
        page.on("dialog", self._on_dialog)

    def new(self, cells: Sequence[str], name: str = "notebook.ipynb") -> None:
        """Write a notebook of code cells and open it."""
        path = self.folder / name
        write_notebook(path, cells)
        self.open(path)

    def open(self, notebook: Path) -> None:
        """Open a notebook and wait until its kernel answers.

        A notebook outside the test's folder is copied there: tests never write into the repository.
        """
        if not notebook.is_relative_to(self.folder):
            notebook = Path(shutil.copy(notebook, self.folder))
        self.close()
        self.notebook = notebook
        path = notebook.relative_to(self.server.root).as_posix()
        session = {"path": path, "name": notebook.name, "type": "notebook"}
        kernel = {"kernel": {"name": "python3"}}
        self._session = self.server.api("POST", "sessions", session | kernel)["id"]
        self.page.goto(
            f"{self.server.url}/doc/tree/{quote(path)}?token={self.server.token}",
            wait_until="domcontentloaded",
        )
        self._wait_until_ready()

    def close(self) -> None:
        """Stop the kernel."""
        if self._session is not None:
            self.server.api("DELETE", f"sessions/{self._session}")
        self._session = None

    def cell(self, index: int) -> Locator:
        """Return the code cell with this position."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def output(self, index: int) -> Locator:
        """Return the output area of a code cell, its prompt "[2]:" included."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def run_all(self, seconds: float = 120) -> None:
        """Run every cell and wait for the last; an error in a cell is for the test to look at."""
        self._evaluate("run all cells", COMMAND, ["notebook:run-all-cells", {}], seconds)

    def run_cell(self, index: int, seconds: float = 60) -> None:
        """Run one cell and wait for it."""
        self._evaluate(f"run cell {index}", RUN_CELL, index, seconds)

    def execute(self, code: str, seconds: float = 60) -> str:
        """Run code in the notebook's kernel, beside its cells, and return what it prints.

        Raises
        ------
        KernelError
            When the code raises.
        """
        result = self._evaluate(f"execute {code!r}", EXECUTE, code, seconds)
        if result["error"] is not None:
            raise KernelError(result["error"])
        text: str = result["text"]
        return text.strip()

    def value(self, expression: str, seconds: float = 60) -> Any:
        """Return the value of a Python expression in the kernel that JSON can carry."""
        return json.loads(self.execute(f"print(__import__('json').dumps({expression}))", seconds))

    def restart(self) -> None:
        """Restart the kernel and wait until it answers; outputs stay, variables do not."""
        self._evaluate("restart the kernel", RESTART)
        self._wait_until_ready()

    def restart_and_run_all(self, seconds: float = 120) -> None:
        """Restart the kernel and run every cell."""
        self.restart()
        self.run_all(seconds)

    def reload(self) -> None:
        """Load the page again and wait for the kernel, which lives on.

        Cells and outputs come back as they were saved; widgets come back from the kernel.
        """
        self.page.reload(wait_until="domcontentloaded")
        self._wait_until_ready()

    def save(self) -> Path:
        """Save the notebook and return its file."""
        self._evaluate("save the notebook", COMMAND, ["docmanager:save", {}])
        assert self.notebook is not None
        return self.notebook

    def screenshot(self, path: Path) -> None:
        """Write a PNG of what is on screen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def _wait_until_ready(self) -> None:
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        self._evaluate("get a kernel that answers", READY)

    def _evaluate(self, task: str, script: str, argument: Any = None, seconds: float = 60) -> Any:
        """Evaluate a JavaScript function in the page, with the time limit Playwright has not."""
        limited = f"""([argument, milliseconds]) => {{
          let timer;
          const limit = new Promise((_, reject) => {{
            timer = setTimeout(() => reject(new Error("time limit")), milliseconds);
          }});
          return Promise.race([({script})(argument), limit]).finally(() => clearTimeout(timer));
        }}"""
        try:
            return self.page.evaluate(limited, [argument, 1000 * seconds])
        except BrowserError as error:
            raise AssertionError(f"Could not {task} within {seconds} s: {error}") from error

    def _on_console(self, message: ConsoleMessage) -> None:
        """Keep errors of widget code, which runs from a blob, and of anywidget, which loads it."""
        source = message.location.get("url", "")
        if message.type == "error" and (source.startswith("blob:") or "anywidget" in source):
            self.errors.append(f"console: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        """Leave a page with unsaved changes; any other native dialog is a defect."""
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            self.errors.append(f"dialog: {dialog.message}")
            dialog.dismiss()
