"""What holds for each layer: its gradients, names, seeds and files, its pictures, and that it compiles."""

from pathlib import Path
from typing import Any

import pytest

from microgradnet import Module, draw, gradcheck, load, parameter, save
from microgradnet import layers as wing
from microgradnet.graph import Graph
from tests.compiling.comparing import assert_agrees
from tests.layers.every import EVERY, flat, inputs, loss_of, numbers, shifted, values
from tests.strategies import five_point

each = pytest.mark.parametrize("name", EVERY)
WITHOUT_PARAMETERS = {"Pool", "Pool, mean", "Dropout"}
WITH_SEED = sorted(EVERY.keys() - WITHOUT_PARAMETERS - {"LayerNorm"})


def test_every_layer_is_tested() -> None:
    assert {name.partition(",")[0] for name in EVERY} == set(wing.__all__)


def reshaped(listed: list[Any], like: Any) -> Any:
    rest = iter(listed)

    def filled(shape: Any) -> Any:
        return [filled(inner) for inner in shape] if isinstance(shape, list) else next(rest)

    return filled(like)


@each
def test_gradients_by_the_inputs_are_those_of_differences(name: str) -> None:
    layer = shifted(EVERY[name].layer(1), seed=2)
    x, *rest = inputs(name)
    report = gradcheck(lambda *flat_x: loss_of(layer(reshaped(list(flat_x), x.tolist()), *rest)), x.ravel().tolist())
    assert report, report
    assert not report.unclear


@each
def test_gradients_by_the_parameters_are_those_of_differences(name: str) -> None:
    layer = shifted(EVERY[name].layer(1), seed=2)
    arguments = inputs(name)
    loss_of(layer(*arguments)).backward()
    for label, p in layer.named_parameters():
        start = p.data

        def at(number: float, p: Any = p) -> Any:
            p.data = number
            return loss_of(layer(*arguments)).data

        assert p.grad == pytest.approx(five_point(at, start), rel=1e-7, abs=1e-9), label
        p.data = start


@each
def test_compiled_it_agrees_with_eager(name: str) -> None:
    layer, scale = shifted(EVERY[name].layer(1), seed=2), parameter(1.5)
    assert_agrees(
        lambda *arguments: scale * loss_of(layer(*arguments)), [*layer.parameters(), scale], *inputs(name, batch=3)
    )


@each
def test_arrays_of_numbers_and_lists_of_values_are_both_taken(name: str) -> None:
    layer = EVERY[name].layer(1)
    arrays = inputs(name)
    assert numbers(layer(*arrays)) == numbers(layer(*[array.tolist() for array in arrays]))
    assert numbers(layer(*arrays)) == numbers(layer(*map(values, arrays)))


@each
def test_a_number_given_becomes_one_leaf(name: str) -> None:
    """However often the layer uses it: what it was given is what a picture shows as its inputs."""
    layer = EVERY[name].layer(1)
    arguments = inputs(name)
    root = loss_of(layer(*arguments))
    given = {v for v in _leaves(root) if v.op.name == "input" and not v.label}
    assert len(given) == arguments[0].size


def _leaves(root: Any) -> set[Any]:
    return set(Graph(root).leaves)


@each
def test_every_parameter_has_its_name_as_its_label(name: str) -> None:
    layer = EVERY[name].layer(1)
    named = dict(layer.named_parameters())
    assert [p.label for p in named.values()] == list(named)
    assert bool(named) == (name not in WITHOUT_PARAMETERS)


@each
def test_its_file_brings_back_numbers_and_labels(name: str, tmp_path: Path) -> None:
    class Model(Module):
        def __init__(self, seed: int) -> None:
            self.layer = EVERY[name].layer(seed)
            self.scale = parameter(float(seed))

    model, other = Model(1), Model(2)
    shifted(model, seed=3)
    again = load(save(model, tmp_path / "model.npz"), other)
    assert again is other
    assert again.state_dict() == model.state_dict()
    assert [p.label for p in again.parameters()] == [p.label for p in model.parameters()]
    arguments = inputs(name)
    assert numbers(again.layer(*arguments)) == numbers(model.layer(*arguments))


@pytest.mark.parametrize("name", WITH_SEED)
def test_a_seed_gives_the_same_numbers_and_another_others(name: str) -> None:
    first, again, other = (EVERY[name].layer(seed).state_dict() for seed in (1, 1, 2))
    assert first == again != other


@each
@pytest.mark.parametrize("view", ["ops", "neurons", "layers"])
def test_its_graph_can_be_drawn(name: str, view: str) -> None:
    layer = EVERY[name].layer(1)
    assert "<svg" in draw(flat(layer(*inputs(name)))[-1], view).svg


@each
def test_the_layer_itself_cannot_be_drawn_but_all_that_one_call_returns(name: str) -> None:
    layer = EVERY[name].layer(1)
    with pytest.raises(TypeError, match=r"got .*; draw the result of one call, draw\(module\(x\)\)"):
        draw(layer)
    found = layer(*inputs(name))
    assert draw(found, "ops", max_nodes=1000).svg == draw(flat(found), "ops", max_nodes=1000).svg


@each
def test_it_says_its_sizes(name: str) -> None:
    text = repr(EVERY[name].layer(1))
    assert text.startswith(f"{name.partition(',')[0]}(")
    assert text.endswith(")")
