"""A JupyterLab server of the tests' own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Server:
    """A running Jupyter server.

    Attributes
    ----------
    url : str
        Address without a trailing slash.
    token : str
        What the server lets in.
    root : Path
        Folder that the server shows.
    log : Path
        File with everything the server printed.
    """

    url: str
    token: str
    root: Path
    log: Path

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Call the server's REST interface and return the decoded answer, None when empty."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def private_environment(folder: Path) -> dict[str, str]:
    """Return environment variables that keep the developer's own Jupyter settings out.

    The news popup of a fresh JupyterLab is switched off: it would lie over the notebook.
    """
    environment = dict(os.environ)
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        environment[f"JUPYTER_{kind}_DIR"] = str(folder / kind.lower())
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    environment["IPYTHONDIR"] = str(folder / "ipython")
    popup = folder / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    popup.parent.mkdir(parents=True)
    popup.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    return environment


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def wait_for_server(server: Server, process: subprocess.Popen[bytes], limit: float = 60) -> None:
    """Return when the server answers; fail with its log when it ends or takes too long."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            server.api("GET", "status")
            return
        except OSError:
            pass
        try:
            process.wait(0.05)
            break
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError(f"JupyterLab did not start:\n{server.log.read_text()[-4000:]}")


@contextmanager
def start_server(folder: Path) -> Iterator[Server]:
    """Run JupyterLab with private settings until the block ends.

    Parameters
    ----------
    folder : Path
        An empty folder; notebooks go to its ``notebooks``, everything else beside it.
    """
    root = folder / "notebooks"
    root.mkdir()
    port, token = free_port(), secrets.token_hex(16)
    server = Server(f"http://127.0.0.1:{port}", token, root, folder / "jupyterlab.log")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
        *("--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
        f"--IdentityProvider.token={token}",
    ]
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            command, env=private_environment(folder), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for_server(server, process)
            yield server
        finally:
            process.terminate()  # the server stops its kernels before it ends
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
