"""Models in files: exact round trips, and files that are broken, foreign or hostile."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import MLP, Layer, Module, Value, load, parameter, relu, save
from microgradnet.layers import Recurrent
from microgradnet.nn import ACTIVATIONS
from microgradnet.optim import SGD, Adam, RMSProp
from microgradnet.optim.schedules import Cosine, Warmup
from microgradnet.train.saving import load_checkpoint


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=4), st.sampled_from(sorted(ACTIVATIONS)),
    st.sampled_from(sorted(ACTIVATIONS)), st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=30)
def test_a_network_comes_back_to_the_bit(sizes: list[int], hidden: str, output: str, seed: int) -> None:
    model = MLP(sizes[0], sizes[1:], hidden, output, seed=seed)
    with io.BytesIO():
        path = Path(".hypothesis", "model.npz")
        path.parent.mkdir(exist_ok=True)
        again = load(save(model, path))
        path.unlink()
    assert again.state_dict() == model.state_dict()
    x = [0.3] * sizes[0]
    assert repr(again(x)) == repr(model(x))


def test_labels_training_and_optimiser_come_back(tmp_path: Path) -> None:
    model = MLP(2, [2, 1], seed=1)
    model.layers[0].neurons[0].w[0].label = "w₁ \n 漢字"
    training = {"classes": ["früh", "spät"], "seed": 3, "deep": {"er": [1, 2.5, None]}}
    for make in (
        lambda p: SGD(p, 0.1, momentum=0.5),
        lambda p: RMSProp(p, 0.1),
        lambda p: Adam(p, 0.1, schedule=Warmup(3, Cosine(9))),
    ):
        optimizer = make(model)
        optimizer.step(np.arange(9.0))
        found = load_checkpoint(save(model, tmp_path / "m.npz", optimizer, training))
        assert found.training == training
        assert [p.label for p in found.model.parameters()] == [p.label for p in model.parameters()]
        assert found.optimizer is not None
        other = make(found.model)
        other.load_state_dict(found.optimizer)
        for rule in (optimizer, other):
            rule.step(np.arange(9.0))
        assert found.model.state_dict() == model.state_dict()
    assert load_checkpoint(save(model, tmp_path / "m.npz")).optimizer is None


class Own(Module):
    def __init__(self) -> None:
        self.scales = [parameter(1.0), parameter(2.0)]
        self.layer = Layer(1, 1, seed=1)


def test_a_module_of_ones_own_is_loaded_into_one(tmp_path: Path) -> None:
    own, other = Own(), Own()
    own.scales[0].data = 7.0
    path = save(own, tmp_path / "own.npz")
    with pytest.raises(ValueError, match=r"does not say how its module is made: pass one, load\(path, model\)"):
        load(path)
    assert load(path, other) is other
    assert other.scales[0].data == 7.0
    strange = MLP(1, [1], seed=1)
    before = strange.state_dict()
    with pytest.raises(ValueError, match="a model of something else than"):
        load(path, strange)
    assert strange.state_dict() == before


@pytest.mark.parametrize(
    ("saved", "given_model", "words"),
    [
        (MLP(2, [3, 1], "tanh"), MLP(2, [3, 1], "relu"), r"neuron 1 has the activation tanh, .*MLP\(2.*has relu"),
        (MLP(2, [3, 1], "tanh"), MLP(2, [3, 1], "tanh", "sigmoid"), "neuron 4 has the activation linear, .* sigmoid"),
        (Recurrent(2, 3), Recurrent(2, 3, "relu"), "neuron 1 has the activation tanh, .*Recurrent.*has relu"),
    ],
)
def test_a_model_with_other_activations_is_refused(
    saved: Module, given_model: Module, words: str, tmp_path: Path
) -> None:
    path = save(saved, tmp_path / "m.npz")
    before = given_model.state_dict()
    with pytest.raises(ValueError, match=f"{words}.*make the model with the saved activations"):
        load(path, given_model)
    assert given_model.state_dict() == before
    assert load(path, saved) is saved


def test_a_model_that_holds_itself_is_saved(tmp_path: Path) -> None:
    own = Own()
    own.itself = own  # type: ignore[attr-defined]
    assert load(save(own, tmp_path / "m.npz"), own) is own


def test_a_file_that_does_not_say_its_activations_is_loaded(tmp_path: Path) -> None:
    """As those of earlier versions."""
    path = save(MLP(2, [1], "tanh", seed=1), tmp_path / "m.npz")
    header = json.loads(header_of(path.read_bytes()))
    del header["activations"]
    path.write_bytes(changed(path.read_bytes(), header_json=json.dumps(header).encode()))
    assert load(path).state_dict() == MLP(2, [1], seed=1).state_dict()


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    model = MLP(1, [1], seed=1)
    path = save(model, tmp_path / "m.npz")
    before = path.read_bytes()
    model.layers[0].neurons[0].b.data = float("inf")
    with pytest.raises(ValueError, match=r"infinite or NaN parameters is not saved: layer0.neuron0.b of 2"):
        save(model, path)
    model.layers[0].neurons[0].b.data = 0.0
    with pytest.raises(TypeError):
        save(model, path, training={"object": object()})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["m.npz"]


# --- broken, foreign, hostile ---


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    model = MLP(1, [2, 1], seed=1)
    return save(model, tmp_path / "good.npz", Adam(model)).read_bytes()


def refused(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "bad.npz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is not a model that can be loaded") as caught:
        load_checkpoint(path)
    return str(caught.value)


def test_a_foreign_archive_is_said_to_be_one(tmp_path: Path) -> None:
    for write in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        write(buffer, weights=np.arange(3.0))
        said = refused(tmp_path, buffer.getvalue())
        assert "no file that microgradnet.save has written, but an archive of weights.npy: numpy.load reads" in said


def test_a_truncated_file_is_refused(tmp_path: Path, good: bytes) -> None:
    for length in range(0, len(good), 7):
        refused(tmp_path, good[:length])


def test_a_file_with_a_wrong_byte_is_refused_or_the_same(tmp_path: Path, good: bytes) -> None:
    expected = load_checkpoint_of(tmp_path, good)
    survived = 0
    for place in range(0, len(good), 3):
        path = tmp_path / "flipped.npz"
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x41]) + good[place + 1 :])
        try:
            found = load_checkpoint(path)
        except ValueError:
            continue
        survived += 1
        assert (found.model.state_dict(), str(found.optimizer), found.training) == expected
    assert survived < len(good) / 6, "most bytes matter"


def load_checkpoint_of(tmp_path: Path, data: bytes) -> tuple[Any, str, Any]:
    path = tmp_path / "same.npz"
    path.write_bytes(data)
    found = load_checkpoint(path)
    return found.model.state_dict(), str(found.optimizer), found.training


def changed(good: bytes, compression: int = zipfile.ZIP_STORED, **members: bytes | None) -> bytes:
    """The file with other contents for some members; None leaves one out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        for name in old.namelist():
            data = members.get(name.replace(".", "_"), old.read(name))
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def with_member(good: bytes, name: str, data: bytes) -> bytes:
    """The file with one more member."""
    buffer = io.BytesIO(good)
    with zipfile.ZipFile(buffer, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a second member of the same name
        archive.writestr(name, data)
    return buffer.getvalue()


def header_of(good: bytes, **fields: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        header = json.loads(archive.read("header.json"))
    return json.dumps({**header, **fields}).encode()


def npy(shape: str, data: bytes, descr: str = "'<f8'") -> bytes:
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


class Harmful:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("harm.txt"),)


def test_hostile_files_are_refused_and_never_executed(
    tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    objects = io.BytesIO()
    np.save(objects, np.array([Harmful()], dtype=object), allow_pickle=True)
    arrays = io.BytesIO()
    np.savez(arrays, a=np.zeros(3))
    big = 10**12
    sizes = {"kind": "MLP", "sizes": [10**6, 10**6, 1], "activation": "relu", "output_activation": "linear"}
    for data in (
        b"", b"text", b"\x89PNG\r\n\x1a\n" * 9, pickle.dumps(Harmful()), arrays.getvalue(),
        changed(good, zipfile.ZIP_DEFLATED),
        changed(good, header_json=None),
        changed(good) + b"more",
        b"more" + changed(good),
        with_member(good, "more.npy", b""),
        with_member(good, "parameters.npy", b"a second one"),
        changed(good, parameters_npy=npy("(7,)", bytes(57))),
        changed(good, parameters_npy=npy("(7,)", bytes(55))),
        changed(good, optimizer_mean_npy=npy("(7,)", bytes(64))),
        changed(good, optimizer_mean_npy=npy("(7,)", struct.pack("<7d", *[float("inf")] * 7))),
        changed(good, header_json=header_of(good, parameters=["b"] * 7)),
        changed(good, parameters_npy=None),
        changed(good, header_json=b"[" * 100_000),
        changed(good, header_json=b"\xff\xfe"),
        changed(good, header_json=header_of(good, format="other")),
        changed(good, header_json=header_of(good, version=2)),
        changed(good, header_json=header_of(good, model=sizes)),
        changed(good, header_json=header_of(good, model={**sizes, "sizes": [1, -2, 1]})),
        changed(good, header_json=header_of(good, model={**sizes, "sizes": [1, 2, 1], "activation": "os.system"})),
        changed(good, header_json=header_of(good, parameters=[{}] * 7)),
        changed(good, header_json=header_of(good, labels=None)),
        changed(good, header_json=header_of(good, optimizer=3)),
        changed(good, header_json=header_of(good, training=13)),
        changed(good, parameters_npy=objects.getvalue()),
        changed(good, parameters_npy=npy(f"({big},)", b"")),
        changed(good, parameters_npy=npy("(7,)", struct.pack("<7d", *[float("nan")] * 7))),
        changed(good, parameters_npy=npy("(7,)", bytes(56), "'|O'")),
        changed(good, parameters_npy=npy("(7, 1)", bytes(56))),
        changed(good, parameters_npy=npy("__import__('os')", bytes(56))),
    ):  # fmt: skip
        refused(tmp_path, data)
    assert not (tmp_path / "harm.txt").exists()
    assert load_checkpoint_of(tmp_path, changed(good)) == load_checkpoint_of(tmp_path, good), "as a check of the check"


def test_a_file_that_is_not_there_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.npz")
    with pytest.raises(OSError, match=r"."):
        load(tmp_path)


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    first, second = (save(MLP(2, [3, 1], seed=1), tmp_path / name).read_bytes() for name in ("a.npz", "b.npz"))
    assert first == second


def test_a_header_that_is_nested_too_deeply_is_told_so(tmp_path: Path) -> None:
    good = save(MLP(2, [1]), tmp_path / "m.npz").read_bytes()
    (tmp_path / "deep.npz").write_bytes(changed(good, header_json=b"[" * 100_000))
    with pytest.raises(ValueError, match=r"header.json is nested too deeply"):
        load(tmp_path / "deep.npz")


def test_a_network_that_its_sizes_do_not_tell_is_not_made_anew(tmp_path: Path) -> None:
    """Other activations within a layer, shared weights, weights that do not learn: `load` asks for the module."""

    class Doubled(Layer):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x)

    mixed, shared, frozen, doubled = (MLP(2, [3, 1], "tanh", seed=1) for _ in range(4))
    doubled.layers[0].__class__ = Doubled
    mixed.layers[0].neurons[1].activation = relu
    layered = MLP(2, [3, 3, 1], "tanh", seed=1)
    for neuron in layered.layers[1].neurons:
        neuron.activation = relu
    shared.layers[0].neurons[1].w = shared.layers[0].neurons[0].w
    frozen.layers[0].neurons[0].w[0] = Value(0.0)
    for model in (mixed, layered, shared, frozen, doubled):
        path = save(model, tmp_path / "m.npz")
        with pytest.raises(ValueError, match=r"pass one, load\(path, model\)"):
            load(path)
        before = model([1.0, 2.0]).data
        assert load(path, model)([1.0, 2.0]).data == before


def test_only_a_module_is_saved(tmp_path: Path) -> None:
    wrong: Any = None
    with pytest.raises(TypeError, match=r"save takes a model, such as MLP.*; got None"):
        save(wrong, tmp_path / "x.npz")
