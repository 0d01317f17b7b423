"""`live` in the widget managers beneath VS Code and Colab, with a real kernel. The two applications were not run.

`@vscode/jupyter-ipywidgets8` is the manager that VS Code's Jupyter extension loads into the web view of a notebook.
`@jupyter-widgets/html-manager` extends `ManagerBase`, as does Colab's own manager, which npm does not have. Each loads
anywidget's module as its host does: VS Code from `nbextensions`, Colab from a content delivery network, for which a
folder stands here. Left out are the messages by which VS Code passes on those of the kernel, and Colab's own manager
and its frame for each output.
"""

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anywidget
import pytest

from tests.browser.widgets import BUILD, JUPYTER, SECONDS, eventually, frame_of, numbers, serving, sigmoid
from tests.serving import lone_tab

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="the widget managers come from npm")
HERE = Path(__file__).with_name("widget_managers")
SHIPPED = (
    "requirejs/require.js", "@vscode/jupyter-ipywidgets8/dist/ipywidgets.js",
    "@jupyter-widgets/html-manager/dist/libembed-amd.js",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Jupyter server that has the pages of both managers, and their files, below `static/`."""
    folder = tmp_path_factory.mktemp("managers")
    static = folder / "static"
    shutil.copytree(HERE, static)
    bundle = "npx esbuild kernel.mjs --bundle --format=esm --outfile=kernel.js"
    for command in ("npm ci --ignore-scripts --no-audit --no-fund", bundle):
        subprocess.run(command.split(), cwd=static, check=True, capture_output=True, timeout=300)
    for name in SHIPPED:
        shutil.copy(static / "node_modules" / name, static)
    version = anywidget.AnyWidget._model_module_version.default_value
    for place in ("nbextensions/anywidget", f"cdn/anywidget@{version}/dist"):
        shutil.copytree(Path(anywidget.__file__).with_name("nbextension"), static / place)
    own = [f"--ServerApp.extra_static_paths={static}", "--ServerApp.disable_check_xsrf=True"]
    with serving(folder, *JUPYTER, *own) as address:
        yield address


@pytest.mark.parametrize("manager", ["jupyter-ipywidgets8", "html-manager"])
def test_numbers_go_both_ways_and_widgets_agree(manager: str, site: str, browser: Any) -> None:
    with lone_tab(browser, site, SECONDS) as tab:
        tab.goto(f"{site}static/{manager}.html")
        tab.wait_for_function("'run' in window")
        run = partial(tab.evaluate, "code => run(code)")
        outputs = tab.locator("body > div")
        assert run(f"{BUILD}\nlive(a)") == ""
        first = frame_of(outputs.nth(0))
        assert numbers(first)["a"] == sigmoid(0.415)
        assert first.inner_text("#place") == "9 of 9"
        assert outputs.nth(0).locator("img[class^=microgradnet-]").is_hidden()
        run("live(a * z)")
        second = frame_of(outputs.nth(1))

        run("w.data = 0.3")  # Python moves both pictures
        for frame in (first, second):
            eventually(partial(frame.evaluate, "graph.nodes[0].data"), 0.3)
        assert numbers(first)["a"] == pytest.approx(sigmoid(0.43), rel=1e-15)
        assert "data 0.3" in first.inner_text("#pane")

        first.locator("#leaves input[type=text]").nth(1).fill("-1.25")  # and a number of one, Python and the other
        eventually(lambda: numbers(second)["w"], -1.25)
        printed = [float(word) for word in run("print(w.data, b.data, a.data)").split()]
        assert printed == [-1.25, 0.4, pytest.approx(numbers(first)["a"], rel=1e-15)]
