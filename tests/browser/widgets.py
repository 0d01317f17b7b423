"""What the tests of `live` share: a server of notebooks, a cell, and the page in its frame."""

import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Frame

SECONDS = 60  # until a server answers, or a kernel has run a cell
BUILD = """from microgradnet import MLP, Value, fit, live, parameter, sigmoid
from microgradnet.data import xor
w, b, x = parameter(0.15, "w"), parameter(0.4, "b"), Value(0.1, "x")
z = w * x + b
a = sigmoid(z)
z.label, a.label = "z", "a"
model = MLP(2, [3, 1], "tanh", seed=1)"""
JUPYTER = (
    "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token=",
    "--LabApp.news_url=None",
)  # fmt: skip


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """The address of a server that runs until the end, with its files and settings in the folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    homes = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "XDG_CONFIG_HOME")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **dict.fromkeys(homes, str(folder / "home"))}
    (folder / "home").mkdir()
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}"], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(SECONDS * 5):
                time.sleep(0.2)
                assert server.poll() is None, (folder / "log.txt").read_text()
                try:
                    urllib.request.urlopen(address).close()
                    break
                except OSError:
                    continue
            yield address
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:  # as JupyterLab, which may wait for a kernel that has ended
                server.kill()
                server.wait()


def eventually(look: Callable[[], Any], wanted: Any) -> None:
    """Wait until what is looked at is as wanted."""
    for _ in range(SECONDS * 10):
        if (seen := look()) == wanted:
            return
        time.sleep(0.1)
    assert seen == wanted


def frame_of(place: Any) -> "Frame":
    """The page in a frame that stands here, when it has drawn itself."""
    frame: Frame = place.locator("iframe[sandbox]").element_handle().content_frame()
    frame.wait_for_function("() => typeof isWornDark !== 'undefined' && isWornDark !== null")
    return frame


def numbers(frame: "Frame") -> dict[str, float]:
    found: dict[str, float] = frame.evaluate(
        "Object.fromEntries(graph.nodes.map((node, i) => [node.name, pass.data[i]]))"
    )
    return found


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))
