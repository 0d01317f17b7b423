"""`fit`: compiled as eager, resumed as uninterrupted, ended in every way, and what is refused."""

import copy
import io
import json
import math
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microgradnet import MLP, AnomalyError, DomainError, Module, Value, exp, fit, graph, load, parameter, save
from microgradnet.data import batches, blobs, moons, spirals, xor
from microgradnet.data import linear as line
from microgradnet.losses import l2
from microgradnet.optim import SGD, Adam
from microgradnet.optim.schedules import Cosine, StepDecay, Warmup
from microgradnet.train import Epoch, History, samples
from microgradnet.train.saving import load_checkpoint
from tests import ROOT


def network(seed: int = 1) -> MLP:
    return MLP(2, [5, 1], "tanh", seed=seed)


def numbers_of(model: Module) -> list[float]:
    return [p.data for p in model.parameters()]


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy_with_logits", "squared_error", "cross_entropy"])
def test_compiled_and_eager_come_to_the_same_numbers(loss: str) -> None:
    X, Y = moons(20)
    found = []
    for compiled in (True, False):
        model = MLP(2, [4, 2 if loss == "cross_entropy" else 1], "tanh", seed=1)
        history = fit(
            model, X, Y, loss=loss, optimizer=Adam(model, 0.05, schedule=Cosine(20)), epochs=3, batch_size=8,
            validation=moons(10, seed=1), penalty=lambda model: l2(model, 1e-3), compiled=compiled, progress=False,
        )  # fmt: skip
        found.append((history, numbers_of(model)))
    (one, numbers), (other, others) = found
    np.testing.assert_allclose(numbers, others, rtol=1e-9)
    assert list(one.last) == list(other.last)
    for name in one.last:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9)
    assert "validation_loss" in one.last
    assert ("validation_accuracy" in one.last) == (loss != "squared_error")


@pytest.mark.parametrize("stop", [1, 4])
@pytest.mark.parametrize("patience", [None, 20])
def test_a_resumed_training_comes_to_the_same_bits(tmp_path: Path, stop: int, patience: int | None) -> None:
    X, Y = moons(30)

    def trained(epochs: int, resume: bool, name: str) -> tuple[Any, list[float]]:
        model = network()
        history = fit(
            model, X, Y, loss="hinge", optimizer=Adam(model, 0.05, schedule=Cosine(60)), epochs=epochs, batch_size=7,
            validation=moons(10, seed=1), patience=patience, checkpoint=tmp_path / name, resume=resume, progress=False,
        )  # fmt: skip
        return history, numbers_of(model)

    whole, numbers = trained(8, False, "whole.npz")
    trained(stop, True, "parts.npz")  # there is nothing yet to go on from
    resumed, others = trained(8, True, "parts.npz")
    assert numbers == others
    assert whole.epochs == resumed.epochs
    assert resumed.ended == "all epochs"


def test_patience_ends_it_with_the_best_parameters() -> None:
    X, Y = moons(20)
    model = network()
    seen: list[tuple[float, list[float]]] = []

    def note(epoch: Any) -> None:
        seen.append((epoch.history["validation_loss"][-1], numbers_of(epoch.model)))

    history = fit(
        model, X, Y, loss="squared_error", optimizer=SGD(model, 0.9), epochs=200, batch_size=2, patience=3,
        validation=moons(20, noise=0.5, seed=3), callbacks=[note], progress=False,
    )  # fmt: skip
    assert history.ended == "no improvement"
    assert len(history) < 200
    best = min(seen, key=lambda pair: pair[0])
    assert seen.index(best) == len(seen) - 4
    assert numbers_of(model) == best[1]


def test_a_training_that_has_ended_is_not_gone_on_with(tmp_path: Path) -> None:
    """Early stopping leaves the best parameters in the checkpoint too, and a resume has nothing more to do."""

    def trained(resume: bool) -> tuple[Any, Any]:
        model = network()
        history = fit(
            model, *moons(20), loss="hinge", optimizer=SGD(model, 0.9), epochs=200, batch_size=2, patience=3,
            checkpoint=tmp_path / "c.npz", resume=resume, progress=False,
        )  # fmt: skip
        return model, history

    model, history = trained(False)
    again, others = trained(True)
    assert history.ended == others.ended == "no improvement"
    assert history.epochs == others.epochs
    assert numbers_of(model) == numbers_of(again) == numbers_of(load(tmp_path / "c.npz"))


class Line(Module):
    """y = w·x."""

    def __init__(self) -> None:
        self.w = parameter(3.0, "w")

    def __call__(self, x: Value) -> Value:
        return self.w * x


@given(
    rate=st.floats(0.1, 3.0), batch_size=st.integers(1, 4), patience=st.integers(1, 4), validated=st.booleans(),
    stops=st.lists(st.integers(1, 12), max_size=2), ended=st.sampled_from(["", "a callback", "interrupted"]),
)  # fmt: skip
@example(rate=2.9, batch_size=1, patience=3, validated=False, stops=[], ended="")
@settings(max_examples=60)
def test_the_parameters_that_are_kept_have_the_best_loss_reported(
    rate: float, batch_size: int, patience: int, validated: bool, stops: list[int], ended: str
) -> None:
    data = np.array([1.0, -2.0, 0.5]), np.array([0.1, 0.3, 1.0])
    held_out = np.array([1.0, 2.0]), np.array([-0.2, 1.0])

    def end(epoch: Epoch) -> bool:
        if epoch.number == 7 and ended == "interrupted":
            os.kill(os.getpid(), signal.SIGINT)
        return epoch.number == 7 and ended == "a callback"

    with TemporaryDirectory() as folder:
        for epochs in (*sorted(stops), 12):
            model = Line()
            history = fit(
                model, *data, loss="absolute_error", optimizer=SGD(model, rate), batch_size=batch_size,
                patience=patience, epochs=epochs, validation=held_out if validated else None, callbacks=[end],
                checkpoint=Path(folder, "c.npz"), resume=True, compiled=False, progress=False,
            )  # fmt: skip
            X, Y = held_out if validated else data
            loss = np.mean([abs(model.w.data * x - y) for x, y in zip(X, Y, strict=True)])
            assert loss == pytest.approx(min(history["validation_loss" if validated else "loss"]))


def test_a_loss_as_low_as_the_lowest_is_no_improvement() -> None:
    """The step of 2·3 goes from 3 to −3 and back: the loss stays the same, and the first parameters are kept."""
    model = Line()
    history = fit(
        model, [1.0], [0.0], loss="absolute_error", optimizer=SGD(model, 6.0), epochs=20, patience=3, progress=False
    )
    assert (history["loss"], history.ended) == ([3.0] * 4, "no improvement")
    assert model.w.data == -3.0


def test_with_another_loss_to_watch_the_waiting_begins_anew(tmp_path: Path) -> None:
    """The weight goes 3, 0.1, −2.8, 0.1, …: best for the data is 0.1, for the validation −2.8."""

    def trained(epochs: int, patience: int | None, validation: Any = None) -> tuple[float, History]:
        model = Line()
        history = fit(
            model, [1.0], [0.0], loss="absolute_error", optimizer=SGD(model, 2.9), epochs=epochs, patience=patience,
            validation=validation, checkpoint=tmp_path / "c.npz", resume=True, progress=False,
        )  # fmt: skip
        return model.w.data, history

    assert trained(4, None)[0] == pytest.approx(-2.8)
    assert trained(6, 4)[0] == pytest.approx(0.1)
    kept, history = trained(99, 4, ([1.0], [-9.0]))
    assert kept == pytest.approx(-2.8)
    assert (len(history), history.ended) == (12, "no improvement")
    assert math.isnan(history["validation_loss"][5])


def test_after_ctrl_c_without_patience_the_model_has_the_last_step() -> None:
    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 30:
            os.kill(os.getpid(), signal.SIGINT)

    def trained(epochs: int, patience: int | None = None, callbacks: Any = ()) -> list[float]:
        model = network()
        history = fit(
            model, *moons(20), loss="hinge", optimizer=SGD(model, 0.9), batch_size=2, progress=False, epochs=epochs,
            patience=patience, callbacks=callbacks,
        )  # fmt: skip
        assert (len(history), history.ended) == (30, "interrupted" if callbacks else "all epochs")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        return numbers_of(model)

    interrupted, with_patience = (trained(99, patience, [interrupt]) for patience in (None, 90))
    assert interrupted == trained(epochs=30)
    assert with_patience == trained(epochs=30, patience=90) != interrupted


def test_what_a_callback_does_is_in_the_checkpoint(tmp_path: Path) -> None:
    def halve(epoch: Any) -> None:
        epoch.optimizer.hyperparameters["lr"] /= 2

    def trained(name: str, *stops: int) -> list[float]:
        for epochs in stops:
            model = network()
            fit(
                model, *moons(20), loss="hinge", epochs=epochs, callbacks=[halve], checkpoint=tmp_path / name,
                resume=True, progress=False,
            )  # fmt: skip
        return numbers_of(model)

    assert trained("parts", 2, 5) == trained("whole", 5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"seed": 1}, "seed=0, not 1"),
        ({"batch_size": 4}, "batch_size=32, not 4"),
        ({"steps": None}, "steps=3, not None"),
        ({"loss": "squared_error"}, "loss='hinge', not 'squared_error'"),
        ({"penalty": None}, "penalty='<lambda>', not None"),
        ({"X": xor()[0][:3], "Y": xor()[1][:3]}, "X='4×2 numbers.*, not '3×2 numbers"),
        ({"X": xor()[0] + 1e-9}, "X='4×2 numbers.*, not '4×2 numbers"),
        ({"Y": 1 - xor()[1]}, "Y='4 numbers.*, not '4 numbers"),
        ({"model": MLP(2, [5, 1], "relu")}, "activation tanh, .* relu"),
    ],
)
def test_a_resume_of_another_training_is_refused(changed: dict[str, Any], words: str, tmp_path: Path) -> None:
    X, Y = xor()
    options: dict[str, Any] = {
        "model": network(), "X": X, "Y": Y, "loss": "hinge", "penalty": lambda model: l2(model, 1e-4), "steps": 3,
        "checkpoint": tmp_path / "c.npz", "progress": False,
    }  # fmt: skip
    fit(epochs=1, **options)
    before = (tmp_path / "c.npz").read_bytes()
    with pytest.raises(ValueError, match=words):
        fit(epochs=2, resume=True, **options | {"model": network()} | changed)
    assert (tmp_path / "c.npz").read_bytes() == before


def test_a_resume_with_another_loss_of_batches_is_refused(tmp_path: Path) -> None:
    model = network()

    def one(x: Any, y: Any) -> Any:
        return (model(x) - y) ** 2

    def other(x: Any, y: Any) -> Any:
        return abs(model(x) - y)

    options: dict[str, Any] = {"checkpoint": tmp_path / "c.npz", "progress": False}
    fit(model, [xor()], loss=one, epochs=1, **options)
    with pytest.raises(ValueError, match="loss='one', not 'other'"):
        fit(model, [xor()], loss=other, epochs=2, resume=True, **options)


def test_a_second_ctrl_c_interrupts_as_ever() -> None:
    def insist(epoch: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(network(), *xor(), loss="hinge", epochs=3, callbacks=[insist], progress=False)


def test_each_epoch_has_an_order_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[list[float]] = []

    def noted(X: Any, Y: Any, size: int, seed: Any) -> Any:
        found = list(batches(X, Y, size, seed))
        orders.append([float(x) for chunk, _ in found for x in chunk[:, 0]])
        return iter(found)

    monkeypatch.setattr(samples, "batches", noted)
    X = np.arange(20.0)[:, None]
    fit(MLP(1, [1], seed=1), X, X[:, 0], optimizer="sgd", epochs=4, progress=False)
    assert all(sorted(order) == X[:, 0].tolist() for order in orders)
    assert len({tuple(order) for order in orders}) == 4


def test_a_nan_leaves_the_checkpoint_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    model = network()
    fit(model, *xor(), loss="hinge", epochs=2, checkpoint=path, progress=False)
    before = path.read_bytes()

    def explode(epoch: Any) -> None:
        epoch.optimizer.hyperparameters["lr"] = 1e308

    with pytest.raises((AnomalyError, DomainError)):
        fit(
            network(), *xor(), loss="hinge", epochs=9, checkpoint=path, resume=True, progress=False,
            callbacks=[explode],
        )  # fmt: skip
    assert load(path)([0.0, 1.0]).data == model([0.0, 1.0]).data or path.read_bytes() != before
    assert np.isfinite(numbers_of(load(path))).all()


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    history = fit(
        network(), *xor(), loss="hinge", epochs=3, progress=False,
        callbacks=[lambda epoch: os.kill(os.getpid(), signal.SIGINT)],
    )  # fmt: skip
    assert history.ended == "all epochs"


def test_a_number_that_not_every_epoch_has() -> None:
    history = History([{"loss": 1.0}, {"loss": 0.5, "validation_loss": 0.7}])
    assert math.isnan(history["validation_loss"][0])
    assert history["validation_loss"][1] == 0.7
    with pytest.raises(KeyError, match="an epoch has loss, validation_loss"):
        history["accuracy"]


def test_a_callback_that_returns_what_is_not_true_ends_nothing() -> None:
    history = fit(
        network(), *xor(), loss="hinge", epochs=3, progress=False, callbacks=[lambda epoch: 1, lambda epoch: np.ones(2)]
    )
    assert len(history) == 3


def test_a_step_beyond_the_range_of_a_float_is_not_taken(tmp_path: Path) -> None:
    for options in ({"lr": 1e308}, {"lr": 0.1, "schedule": lambda step: math.inf if step == 3 else 1.0}):
        model = network()
        optimizer = Adam(model, **options)
        with pytest.raises(AnomalyError, match="no step was taken") as caught:
            fit(model, *moons(40), loss="hinge", optimizer=optimizer, batch_size=4, epochs=3, progress=False)
        assert "as of the step before" in caught.value.__notes__[0]
        assert np.isfinite(numbers_of(model)).all()
        assert all(np.isfinite(moment).all() for moment in optimizer.moments.values())


def test_a_callback_ends_it() -> None:
    model = network()
    told: list[int] = []
    history = fit(
        model, *xor(), loss="hinge", epochs=10, progress=False,
        callbacks=[lambda epoch: told.append(epoch.number), lambda epoch: epoch.number == 3],
    )  # fmt: skip
    assert (told, history.ended, len(history)) == ([1, 2, 3], "a callback", 3)


def test_ctrl_c_in_a_program(tmp_path: Path) -> None:
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from microgradnet import MLP, fit\nfrom microgradnet.data import moons\n"
        "model = MLP(2, [8, 1], seed=1)\n"
        "say = lambda epoch: print('epoch', epoch.number, flush=True)\n"
        "print(fit(model, *moons(50), loss='hinge', epochs=10**6, callbacks=[say], checkpoint='c.npz').ended)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    for said in process.stdout:
        if said == "epoch 20\n":
            process.send_signal(signal.SIGINT)
            break
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert said.endswith("interrupted\n")
    assert repr(load(tmp_path / "c.npz")) == "MLP(2 → 8 relu → 1 linear)"


def test_in_several_threads_at_once_it_gives_what_it_gives_alone() -> None:
    def trained(seed: int) -> list[float]:
        model = MLP(2, [4, 1], seed=seed)
        fit(model, *xor(), loss="hinge", epochs=5, seed=seed, progress=False)
        return [p.data for p in model.parameters()]

    alone = [*map(trained, range(4))]
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(trained, range(4))] == alone


@pytest.mark.parametrize("compiled", [True, False])
def test_a_loss_for_batches_given_with_x_and_y_is_told(compiled: bool) -> None:
    model = network()
    with pytest.raises((TypeError, ValueError), match="takes 2 inputs, got 1") as caught:
        fit(model, *xor(), loss=lambda x, y: (model(x) - y) ** 2, compiled=compiled, progress=False)
    assert caught.value.__notes__[0].startswith("with X and Y, loss takes (output, target)")
    with pytest.raises((TypeError, ValueError), match="'weight'") as caught:
        fit(model, *xor(), loss=lambda x, y, weight: weight, compiled=compiled, progress=False)
    assert "fit(model, batches, loss=function)" in caught.value.__notes__[0]
    with pytest.raises((TypeError, ValueError), match="as many targets") as caught:  # not one of the losses' own
        fit(MLP(2, [2], seed=1), *xor(), loss="huber", compiled=compiled, progress=False)
    assert "with X and Y" not in str(getattr(caught.value, "__notes__", ""))


class Exploding(Module):
    """y = e^(w·x): too large for a float before long."""

    def __init__(self) -> None:
        self.w = parameter(1.0, "w")

    def __call__(self, x: Value) -> Value:
        return exp(self.w * x)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_number_that_is_none_stops_it_and_keeps_what_was_good(tmp_path: Path, compiled: bool) -> None:
    model = Exploding()
    file = tmp_path / "good.npz"
    X, Y = np.array([1.0, 2.0]), np.array([0.0, -1e200])
    with pytest.raises((DomainError, AnomalyError)) as caught:
        fit(model, X, Y, optimizer=SGD(model, 1e-203), epochs=50, compiled=compiled, progress=False, checkpoint=file)
    assert caught.value.__notes__[0].startswith("in epoch ")
    assert "training diverges: take a smaller learning rate" in caught.value.__notes__[0]
    assert math.isfinite(model.w.data)
    if file.exists():
        assert math.isfinite(load(file, Exploding()).w.data)


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    fit(network(), *xor(), loss="hinge", epochs=30)
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert 1 <= len(lines) <= 11
    assert lines[-1].startswith("epoch 30/30: loss 0.")
    assert "accuracy" in lines[-1]
    fit(network(), *xor(), loss="hinge", epochs=3, progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"loss": "hing"}, "unknown loss 'hing': it must be one of squared_error"),
        ({"optimizer": "sdg"}, "unknown optimizer 'sdg': it must be one of sgd"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"resume": True}, "resume needs a checkpoint"),
        ({"patience": 0}, "patience must be a whole number of at least 1"),
        ({"seed": -1}, "seed"),
        ({"optimizer": Adam(network())}, "none of the model's parameters"),
        ({"Y": [0, 1, 2, 1]}, "hinge has classes 0 and 1, or sides −1 and 1; got 2"),
        ({"Y": [1, 2, 2, 1], "loss": "binary_cross_entropy_with_logits"}, "classes 0 and 1, or probabilities.*got 2"),
        ({"Y": [-1, 1, 1, 1], "loss": "binary_cross_entropy_with_logits"}, "got -1"),
        ({"Y": [[0.5, 0.5]] * 4, "loss": "multiclass_hinge"}, "one-hot rows"),
        ({"Y": [[0.0, 0.0]] * 4, "loss": "multiclass_hinge"}, "one-hot rows"),
        ({"Y": [[1.0, 1.0]] * 4, "loss": "cross_entropy"}, "probabilities that add up to 1"),
        ({"Y": list("abab")}, "number the classes from 0 on"),
        ({"loss": "cross_entropy"}, "a class 1, and the model has 1 output: this loss needs one for each class"),
        ({"Y": [0.0, 0.5, 1.0, 0.0], "loss": "cross_entropy"}, "whole numbers from 0 on, got 0.5"),
        ({"Y": [0, 1]}, r"the same number; got shapes \(4, 2\) and \(2,\)"),
        ({"X": [[0.0, math.nan]] * 4}, r"X\[0, 1\] is nan: data has to be finite numbers"),
        ({"Y": [0.0, 1.0, math.inf, 0.0]}, r"Y\[2\] is inf"),
        ({"model": None}, "fit takes a model, such as MLP"),
        ({"model": MLP}, "fit takes a model, such as MLP"),
        ({"validation": 0.2}, "pair .*got 0.2; microgradnet.data.train_test_split"),
        ({"validation": [[0.0, 1.0]]}, "validation is a pair"),
        ({"metric": "accuracy"}, "metric must be a function .*, or None; got 'accuracy'"),
        ({"optimizer": 3}, "optimizer must be one of sgd, .* such as Adam; got 3"),
        ({"optimizer": lambda model: None}, "optimizer must be one of sgd, .* such as Adam; got <function"),
        ({"callbacks": 3}, "callbacks are a list of functions of an Epoch.*got 3"),
        ({"callbacks": print}, "callbacks are a list of functions of an Epoch.*got <built-in function print>"),
        ({"callbacks": [3]}, r"callbacks are a list of functions of an Epoch.*got \[3\]"),
        ({"penalty": 0.1}, r"penalty must be a function of the model.*l2\(model, 1e-4\), or None; got 0.1"),
        ({"penalty": lambda model: None}, r"penalty returns a term of the loss.*l2\(model, 1e-4\); it returned None"),
        ({"after_batch": 3}, "after_batch must be a function of the predictions of a batch, or None; got 3"),
    ],
)
@pytest.mark.parametrize("compiled", [True, False])
def test_what_does_not_fit_together_is_refused(changed: dict[str, Any], words: str, compiled: bool) -> None:
    X, Y = xor()
    model = network()
    before = numbers_of(model)
    arguments = {"model": model, "X": X, "Y": Y, "loss": "hinge", "compiled": compiled, "progress": False, **changed}
    with pytest.raises((TypeError, ValueError), match=words):
        fit(**arguments)
    assert numbers_of(model) == before


@pytest.mark.parametrize(("saved", "words"), [(Adam, "the state of 'Adam', not of SGD"), (None, "not a checkpoint")])
def test_nothing_changes_if_there_is_nothing_to_go_on_from(saved: Any, words: str, tmp_path: Path) -> None:
    other = network(seed=2)
    fit(other, *xor(), optimizer=SGD(other, 0.1), epochs=1, checkpoint=tmp_path / "c.npz", progress=False)
    training = load_checkpoint(tmp_path / "c.npz").training
    save(other, tmp_path / "c.npz", saved(other) if saved else None, training)
    model = network()
    before = numbers_of(model)
    with pytest.raises(ValueError, match=words):
        fit(model, *xor(), optimizer=SGD(model, 0.1), checkpoint=tmp_path / "c.npz", resume=True, progress=False)
    assert numbers_of(model) == before


ABSENT = object()
WRONG: list[Any] = [
    None, True, 3, -1, 2**70, 10**400, 1.5, math.nan, math.inf, "", "\x1b[31m", [], [3], ["x"], [[]], {}, {"x": 3},
    {"kind": "x"},
]  # fmt: skip
RECORDS = ("model", "optimizer", "training", "best")


def places(item: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The path of each entry of a record, at any depth."""
    for key in item if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ():
        yield (*path, key)
        yield from places(item[key], *path, key)


def at(record: Any, path: Sequence[Any]) -> Any:
    return reduce(lambda item, key: item[key], path, record)


def with_entry(record: Any, path: Sequence[Any], value: Any) -> Any:
    """A copy with another value in one place, or without it."""
    changed = copy.deepcopy(record)
    *way, last = path
    if value is ABSENT:
        del at(changed, way)[last]
    else:
        at(changed, way)[last] = value
    return changed


def archive_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_checkpoint_with_a_wrong_entry_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    """Each entry is removed, then replaced by each wrong value; where the value is a right one, training goes on."""
    path = tmp_path / "c.npz"

    def resumable(epochs: int) -> tuple[MLP, Adam, Callable[[], History]]:
        model = MLP(2, [1], seed=1)
        optimizer = Adam(model, 0.05, schedule=Warmup(2, StepDecay(3)))
        return model, optimizer, lambda: fit(
            model, *xor(), optimizer=optimizer, epochs=epochs, batch_size=4, patience=2, validation=xor(),
            checkpoint=path, resume=True, compiled=False, progress=False,
        )  # fmt: skip

    resumable(3)[-1]()
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["header.json"])
    model, optimizer, resume = resumable(4)
    before = model.state_dict(), repr(model.parameters()), repr(optimizer.state_dict())
    refused = 0
    for place, value in product(places(header), (ABSENT, *WRONG)):
        text = json.dumps(with_entry(header, place, value))
        path.write_bytes(archive_of({**members, "header.json": text.encode()}))
        clock = graph.clock
        try:
            resume()
            model, optimizer, resume = resumable(4)
        except ValueError as error:
            file, words = str(path), str(error)
            assert file in words
            named = {"state of", *map(str, place), *map(str, at(header, place) if place[-1] in RECORDS else ())}
            assert any(name in words.replace(file, "") for name in named), words
            assert "\x1b" not in words
            assert (model.state_dict(), repr(model.parameters()), repr(optimizer.state_dict())) == before
            assert graph.clock == clock, "not even for a moment"
            refused += 1
    assert refused > 500


def test_a_column_of_targets_is_a_list_of_them() -> None:
    X, Y = xor()
    found = [fit(network(), X, t, epochs=2, progress=False).epochs for t in (Y, Y[:, None])]
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, float])
@pytest.mark.parametrize("loss", ["hinge", "cross_entropy"])
def test_classes_of_any_kind_are_classes(kind: Any, loss: str) -> None:
    X, Y = xor()
    found = []
    for classes in (Y.astype(kind), Y.tolist()):
        model = MLP(2, [4, 2 if loss == "cross_entropy" else 1], seed=1)
        found.append(fit(model, X, classes, loss=loss, epochs=2, progress=False).epochs)
    assert found[0] == found[1]


def test_a_class_without_an_output_is_refused() -> None:
    with pytest.raises(ValueError, match="there is a class 2, and the model has 2 outputs"):
        fit(MLP(2, [2], seed=1), *blobs(9), loss="cross_entropy", progress=False)


# --- what it is for ---


def test_moons_and_spirals_are_learnt() -> None:
    model = MLP(2, [16, 16, 1], seed=1)
    history = fit(model, *moons(100), loss="hinge", optimizer=Adam(model, 0.02), epochs=100, progress=False)
    assert history["accuracy"][-1] == 1.0
    model = MLP(2, [32, 32, 1], "tanh", init="he", seed=0)
    history = fit(
        model, *spirals(200), loss="binary_cross_entropy_with_logits", epochs=300, progress=False,
        optimizer=Adam(model, 0.02, schedule=Cosine(300 * 7)),
    )  # fmt: skip
    assert history["accuracy"][-1] >= 0.99
    assert model([0.5, 0.0]).data != 0.0, "the Values hold what was learnt"


def test_linear_regression_comes_to_the_closed_form() -> None:
    X, Y = line(60, noise=0.3)
    model = MLP(2, [1], seed=1)
    fit(model, X, Y, optimizer=SGD(model, 0.3), epochs=300, batch_size=60, progress=False)
    closed = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), Y, rcond=None)[0]
    np.testing.assert_allclose(numbers_of(model), closed, rtol=1e-6)


@pytest.mark.parametrize("is_archive", [False, True])
def test_a_checkpoint_replaces_no_other_file(is_archive: bool, tmp_path: Path) -> None:
    path = tmp_path / "precious.npz"
    path.write_text("my thesis")
    if is_archive:
        np.savez(path, data=np.zeros(3))
    before, model = path.read_bytes(), network()
    numbers = numbers_of(model)
    with pytest.raises(FileExistsError, match="no checkpoint, so it is kept: give another name"):
        fit(model, *xor(), loss="hinge", epochs=1, checkpoint=path, progress=False)
    assert (path.read_bytes(), numbers_of(model)) == (before, numbers)


def test_a_checkpoint_replaces_an_older_one(tmp_path: Path) -> None:
    path = save(MLP(3, [1]), tmp_path / "c.npz")
    fit(network(), *xor(), loss="hinge", epochs=1, checkpoint=path, progress=False)
    assert repr(load(path)) == repr(network())
