"""The widget with anywidget, without a browser: its messages, as the front end sends and gets them."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ipywidgets import Widget

from microgradnet import MLP, Value, fit, live, parameter
from microgradnet.data import xor
from microgradnet.widget import view


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Widgets are kept until they are closed."""
    yield
    Widget.close_all()


def product() -> tuple[Value, Value]:
    w = parameter(2.0, "w")
    return w, w * Value(3.0, "x")


def sent(widget: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The states that it sends to its page from now on."""
    states: list[dict[str, Any]] = []

    def send(content: dict[str, Any], buffers: Any = None) -> None:
        json.dumps(content, allow_nan=False)
        if content["method"] == "update":
            states.append(content["state"])

    monkeypatch.setattr(widget, "_send", send)
    return states


def test_numbers_from_the_page_change_the_program_and_are_not_sent_back(monkeypatch: pytest.MonkeyPatch) -> None:
    w, y = product()
    widget = live(y)
    states = sent(widget, monkeypatch)
    widget.set_state({"state": {"numbers": [0.5, 3]}})
    widget.refresh()
    assert (w.data, y.data) == (0.5, 1.5)
    assert [state for state in states if state != {"state": {"numbers": [0.5, 3]}}] == []


def test_numbers_that_are_refused_are_answered_with_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    w, y = product()
    widget = live(y)
    states = sent(widget, monkeypatch)
    widget.set_state({"state": {"numbers": ["NaN", 3]}})
    assert (w.data, y.data) == (2.0, 6.0)
    assert states[-1] == {"state": {"numbers": [2.0, 3.0]}}


def test_only_a_refresh_that_changes_something_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    w, y = product()
    widget = live(y)
    states = sent(widget, monkeypatch)
    widget.refresh()
    assert states == []
    w.data = 4.0
    widget.refresh()
    assert states == [{"state": {"numbers": [4.0, 3.0]}}]


def test_on_an_event_loop_widgets_follow_each_other_and_the_program() -> None:
    w, y = product()

    async def cells() -> None:
        first, second = live(y), live(y + 1)
        first.set_state({"state": {"numbers": [0.5, 3.0]}})
        await asyncio.sleep(3 * view.SECONDS)
        assert second.state == {"numbers": [0.5, 3.0]}
        w.data = 7.0
        await asyncio.sleep(3 * view.SECONDS)
        assert first.state == second.state == {"numbers": [7.0, 3.0]}
        first.close()
        w.data = 8.0
        await asyncio.sleep(3 * view.SECONDS)
        assert (first.state, second.state) == ({"numbers": [7.0, 3.0]}, {"numbers": [8.0, 3.0]})

    asyncio.run(cells())


def test_a_training_is_shown_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    model = MLP(2, [4, 1], "tanh", seed=1)
    widget = live(model)
    states = sent(widget, monkeypatch)
    epochs: list[int] = []
    monkeypatch.setattr(view, "monotonic", lambda: 0.03 * len(epochs))  # an epoch takes 0.03 s, a picture none
    fit(model, *xor(), epochs=40, callbacks=[lambda epoch: epochs.append(epoch.number), widget], progress=False)
    shown = [state["state"]["caption"].partition(":")[0] for state in states]
    assert shown == [f"epoch {number}" for number in range(1, 41, 4)]
    widget.refresh()
    assert str(model.layers[0].neurons[0].b.data) in states[-1]["state"]["picture"]


def test_the_mimebundle_has_an_image_beside_the_widget() -> None:
    data, _ = live(product()[1])._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data["text/plain"] == "<Live 'Backpropagation through w·x'>"
    assert data["image/png"].startswith("iVBORw0KGgo")
