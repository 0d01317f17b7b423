"""Driving: loss and gradient are PyTorch's, roads lie where brute force finds them, the command drives a track."""

import importlib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import compile
from microgradnet.cli import main
from microgradnet.teach.applications.driving import ARCS, TEST, TRAINING, VALIDATION, Driver, Driving, drives, hills
from microgradnet.teach.applications.driving.drives import (
    STEP,
    Pictures,
    advance,
    drive,
    laps,
    mirrored,
    pictures,
    pure_pursuit,
    pursuit,
    ridge_regression,
    round_bends,
)
from microgradnet.teach.applications.driving.films import film, page
from microgradnet.teach.applications.driving.roads import (
    COLUMNS,
    ROWS,
    SHARPEST,
    WIDTH,
    Roads,
    circle,
    placed,
    roads,
    views,
)
from microgradnet.train import save

torch: Any = importlib.import_module("torch")


def test_the_loss_and_its_gradient_are_those_of_pytorch() -> None:
    model, seen = Driver(ROWS * COLUMNS, 24, ARCS.tolist(), seed=3), pictures(40, (9,))
    target = hills(seen.curvature)
    loss, gradient = compile(model.loss, model.parameters())(seen.X, target)
    parameters = []
    z = torch.tensor(seen.X)
    for layer, after in ((model.hidden, torch.tanh), (model.steering, lambda z: z)):
        rows = [[*(w.data for w in neuron.w), neuron.b.data] for neuron in layer.neurons]
        W = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
        parameters.append(W)
        z = after(z @ W[:, :-1].T + W[:, -1])
    expected = -(torch.tensor(target) * torch.log_softmax(z, dim=1)).sum(dim=1).mean()
    expected.backward()
    assert np.isclose(loss, expected.item(), rtol=1e-12)
    found = np.concatenate([W.grad.numpy().ravel() for W in parameters if W.grad is not None])
    assert np.allclose(gradient, found, rtol=1e-9, atol=1e-13)
    steered = compile(model.steer)(seen.X)
    assert np.allclose(steered[:, 1:], torch.softmax(z, dim=1).detach().numpy())
    assert np.allclose(steered[:, 0], steered[:, 1:] @ ARCS)


def test_the_distance_from_a_road_is_that_of_brute_force() -> None:
    road, rng = roads(5, (8,)), np.random.default_rng(0)
    middle = road.middle(circle(5, 20000))
    places, aside = np.exp(2j * np.pi * rng.random((5, 30))), rng.uniform(-2.5, 2.5, (5, 30))
    z = road.middle(places) + aside * places
    nearest = np.array([[np.abs(m - point).min() for point in row] for m, row in zip(middle, z, strict=True)])
    assert np.abs(np.abs(road.distance(z)) - nearest).max() < 0.15 * WIDTH / 2
    assert np.abs(road.distance(middle[:, ::100])).max() < 1e-9


def test_the_sharpest_bend_is_as_asked_and_is_the_circle_through_three_points() -> None:
    road, around = roads(20, (7,)), circle(20, 4000)
    curvature = road.curvature(around)
    assert (np.abs(curvature).max(axis=1) > SHARPEST[0] - 1e-3).all()
    assert (np.abs(curvature).max(axis=1) < SHARPEST[1] + 1e-3).all()
    a, b, c = (np.roll(road.middle(around), -k, axis=1) for k in (-1, 0, 1))
    area = ((b - a).conj() * (c - a)).imag / 2  # Menger: 4·area over the product of the sides
    menger = 4 * area / (np.abs(a - b) * np.abs(b - c) * np.abs(c - a))
    assert np.allclose(road.turn[:, None] * menger, curvature, atol=1e-3)


def test_a_car_sees_road_ahead_and_its_mirror_image_is_steered_oppositely() -> None:
    road = roads(200, (6,))
    road.noise[:], road.shadow[:], road.line[:] = 0, 1, road.road
    ones = np.ones(200, complex)
    z, heading = placed(road, ones, np.zeros(200), np.zeros(200))
    seen = views(road, z, heading, np.random.default_rng(0)).reshape(-1, ROWS, COLUMNS)
    assert np.allclose(seen[:, -1, COLUMNS // 2], road.road)
    z, heading = placed(road, ones, np.full(200, 8.0), np.zeros(200))
    assert (pursuit(road, z, heading) < 0).all(), "from the left of the road one steers to the right"
    X = seen.reshape(200, -1)
    assert (mirrored(mirrored(X)) == X).all()
    road.c, road.turn = road.c.conj(), -road.turn  # the world in a mirror
    z, heading = placed(road, ones, np.zeros(200), np.zeros(200))
    assert np.allclose(views(road, z, heading, np.random.default_rng(0)), mirrored(X))


def test_an_arc_is_driven_as_many_small_steps_are() -> None:
    z, heading = np.array([0j]), np.array([1 + 0j])
    for _ in range(40):
        z, heading = advance(z, heading, np.array([0.1]), np.array([STEP]))
    assert np.allclose(heading, np.exp(0.1j * 40 * STEP))
    assert abs(z[0] - 1j / 0.1 * (1 - np.exp(0.1j * 40 * STEP))) < 0.01


def test_pure_pursuit_comes_round_and_one_who_steers_the_wrong_way_does_not() -> None:
    road = roads(3, (5,))
    assert laps(road, pure_pursuit)[0] == 100
    percent, farthest = laps(road, lambda seen, taught: -taught)
    assert percent == 0
    assert np.isnan(farthest), "no car came round whose distance could be measured"
    *_, last = drive(road, lambda seen, taught: -taught)
    assert last.left.all()


def test_all_bends_at_once_are_as_many_as_one_after_the_other() -> None:
    """By one who sees the way until the bend is too sharp, whatever the camera's noise."""

    def careful(seen: object, taught: Any) -> Any:
        return taught.clip(-0.12, 0.12)

    sharp = (0.08, 0.15, 0.4)
    one_by_one = [laps(roads(3, (5,), (bend, bend)), careful)[0] for bend in sharp]
    assert round_bends(roads(3, (5,), (1, 1)), sharp, careful).tolist() == one_by_one
    assert one_by_one[0] == 100 > one_by_one[2]


def test_hills_are_distributions_whose_mean_is_the_curvature() -> None:
    curvature = np.array([-0.1, 0.0, 0.07])
    assert np.allclose(hills(curvature).sum(axis=1), 1)
    assert np.allclose(hills(curvature) @ ARCS, curvature, atol=1e-6)


def test_the_same_seed_is_the_same_data_and_another_is_not() -> None:
    first, again, other = pictures(30, (1, 0)), pictures(30, (1, 0)), pictures(30, (1, 1))
    assert (first.X == again.X).all()
    assert not (first.X == other.X).any(axis=1).all()


def test_no_road_of_the_test_is_learnt_from_or_chosen_by(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn_from = set()

    def recorded(n: int, seed: tuple[int, ...]) -> Roads:
        drawn_from.add(seed[0])
        return roads(n, seed)

    def ridge(*chosen_by: Pictures) -> drives.Steering:
        for chosen, known in zip(chosen_by, driving.known, strict=True):
            assert {x.tobytes() for x in chosen.X} <= {x.tobytes() for x in known.X}
        return drives.straight_on

    monkeypatch.setattr(drives, "roads", recorded)
    monkeypatch.setattr(drives, "ridge_regression", ridge)
    monkeypatch.setattr("microgradnet.teach.applications.driving.EPOCHS", 1)
    driving = Driving(fraction=0.04)
    driving.train(progress=False)
    assert drawn_from == {TRAINING, VALIDATION}
    driving.figures()
    assert drawn_from == {TRAINING, VALIDATION, TEST}


def test_ridge_regression_recovers_a_weighted_sum() -> None:
    rng = np.random.default_rng(4)
    w = rng.normal(size=(1, ROWS * COLUMNS))
    w -= mirrored(w)  # a mirror image is steered oppositely
    known, held_out = (
        Pictures(X, 1e-6 * (X @ w[0]), np.ones(len(X), bool))
        for X in (1e4 * rng.normal(size=(n, w.size)) for n in (600, 50))  # beside which λ is small
    )
    steering = ridge_regression(known, held_out)
    assert np.abs(held_out.curvature).mean() > 0.1
    assert drives.error(steering, held_out) < 1e-6


def test_the_negative_of_a_road_is_seen_as_the_negative() -> None:
    road = roads(50, (3,))
    road.noise[:], road.shadow[:] = 0, 1
    car = placed(road, np.ones(50, complex), np.zeros(50), np.zeros(50))
    seen, other = (views(who, *car, np.random.default_rng(0)) for who in (road, road.negative()))
    assert np.allclose(seen + other, 1)


def test_a_film_tells_how_a_drive_ends_at_its_end_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    driving, road = Driving(), roads(1, (4, 2))
    monkeypatch.setattr(driving, "steering", lambda: pure_pursuit)
    round_it = driving._driven(road)
    monkeypatch.setattr(driving, "steering", lambda: drives.straight_on)
    off_it = driving._driven(road)
    monkeypatch.setattr(drives, "LONGEST", 5)
    too_long = driving._driven(road)
    for driven, end in ((round_it, "round in "), (off_it, "off road at "), (too_long, "no lap in 2 m")):
        last = len(driven.moments) - 1
        assert driven.state(last).startswith(end)
        assert driven.state(0) == "0.0 m off centre"
        assert page({"a drive": driven}).count(end) == 1


def test_a_film_shows_the_car_move() -> None:
    driven = Driving()._driven(roads(1, (4, 2)))
    frames = ET.fromstring(film([driven])).findall("{*}g[@class='frame']")
    assert 1 < len(frames) <= 80
    assert len({part.get("transform") for frame in frames for part in frame.findall("{*}path[@transform]")}) > 1


def test_the_command_drives_the_track_of_a_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(Driving(seed=0).model, tmp_path / "model.npz")
    for track in ("5", "6"):
        assert main(["run", "driving", "--track", track, "--out", str(tmp_path)]) == 0
    assert (tmp_path / "track-5.html").read_bytes() != (tmp_path / "track-6.html").read_bytes()
    assert (tmp_path / "track-5.svg").read_text("utf-8").startswith("<svg")
    with pytest.raises(SystemExit):
        main(["run", "driving", "--track", "-1"])
    assert "a seed is a whole number from 0 on" in capsys.readouterr().err
