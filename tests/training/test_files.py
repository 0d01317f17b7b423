"""Files: only ordinary ones are read, a killed write leaves nothing for good, and text of others is shown as text."""

import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import MLP, fit, load, save
from microgradnet._shared.csv_tables import read_lines
from microgradnet._shared.files import format_of, write_atomically
from microgradnet._shared.text import clean, one_line
from microgradnet.cli.main import main
from microgradnet.data import xor
from microgradnet.optim import Adam
from microgradnet.train.saving import load_checkpoint
from tests.training.test_saving import changed, header_of

NASTY = "a\x1b[2J\x9b31m\u202eb\n\u2066c\u200bd\re\u2028f"
SHOWN = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066]*")


def is_shown(text: str) -> bool:
    return all(SHOWN.fullmatch(line) for line in text.split("\n"))


# --- only ordinary files are read ---


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_a_pipe_is_no_model(tmp_path: Path) -> None:
    """Nobody writes to it: to read it would wait for ever."""
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "link.npz").symlink_to("pipe.npz")
    for name in ("pipe.npz", "link.npz"):
        program = f"from microgradnet import load; load({str(tmp_path / name)!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert done.stderr.splitlines()[-1] == f"OSError: cannot read {tmp_path / name}: it is no ordinary file"
    with pytest.raises(OSError, match="no ordinary file"):
        fit(MLP(2, [1]), *xor(), checkpoint=tmp_path / "pipe.npz", resume=True, progress=False)
    with pytest.raises(FileExistsError, match="no ordinary file"):
        save(MLP(2, [1]), tmp_path / "pipe.npz")


# --- a killed write ---


@pytest.mark.skipif(not hasattr(os, "kill"), reason="nothing can be killed here")
def test_what_a_killed_write_leaves_is_removed_by_a_write_a_day_later(tmp_path: Path) -> None:
    program = (
        "import os, signal; from microgradnet._shared.files import write_atomically\n"
        "os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"write_atomically({str(tmp_path / 'a.npz')!r}, 'new')\n"
    )
    write_atomically(tmp_path / "a.npz", "old")
    (tmp_path / ".other.tmp").write_text("of another program")
    subprocess.run([sys.executable, "-c", program], timeout=60)
    assert (tmp_path / "a.npz").read_text() == "old"
    (left,) = set(tmp_path.iterdir()) - {tmp_path / "a.npz", tmp_path / ".other.tmp"}
    write_atomically(tmp_path / "b.npz", "it might still be written")
    assert left.exists()
    for path in (left, tmp_path / ".other.tmp", tmp_path / "b.npz"):
        os.utime(path, (time.time() - 90_000,) * 2)
    write_atomically(tmp_path / "a.npz", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.tmp", "a.npz", "b.npz"]


# --- text of others ---


@given(st.text(st.characters() | st.sampled_from(NASTY)))
def test_only_visible_text_is_left(text: str) -> None:
    for shown, kept in ((clean(text), "\t\n\r\u200c\u200d"), (one_line(text), "\u200c\u200d")):
        for character in shown:
            kind = unicodedata.category(character)
            assert kind not in ("Cc", "Cs", "Zl", "Zp") or character in kept, ascii(character)
            assert unicodedata.bidirectional(character) not in (
                "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
            ), ascii(character)  # fmt: skip
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "fail",
    [
        load,
        lambda path: fit(MLP(2, [1]), *xor(), checkpoint=path, resume=True, progress=False),
        read_lines,
        lambda path: write_atomically(path / "x", ""),
        lambda path: write_atomically(path.parent, ""),
        lambda path: format_of(f"{path}.{NASTY}", ["svg"], "a picture"),
    ],
)
def test_a_path_in_an_error_is_visible_text(fail: Callable[[Path], Any], tmp_path: Path) -> None:
    folder = tmp_path / NASTY
    folder.mkdir()
    path = folder / NASTY
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises((ValueError, OSError)) as caught:
        fail(path)
    words = str(caught.value)
    assert is_shown(words)
    assert "\n" not in words
    assert caught.value.__cause__ is None, "it would be printed too"


def hostile_models(folder: Path) -> list[bytes]:
    """Models that are refused, each with a hostile name, label or version in its own place."""
    model = MLP(1, [1], seed=1)
    good = save(model, folder / "good.npz", Adam(model)).read_bytes()
    architecture = {"kind": NASTY, "sizes": [1, 1], "activation": NASTY, "output_activation": NASTY}
    headers = [
        header_of(good, **fields)
        for fields in (
            {"version": NASTY},
            {"format": NASTY},
            {"parameters": [NASTY, "b"]},
            {"labels": NASTY},
            {"training": NASTY},
            {"model": architecture},
            {"model": {**architecture, "kind": "MLP"}},
            {"optimizer": {"moments": [NASTY]}},
        )
    ]
    renamed = good.replace(b"parameters.npy", b"par\x1b[31mters.npy")
    return [renamed, *[changed(good, header_json=header) for header in (b"[" + NASTY.encode(), *headers)]]


@pytest.mark.parametrize("number", range(10))
def test_a_hostile_model_is_refused_in_visible_text(number: int, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(hostile_models(tmp_path)[number])
    with pytest.raises(ValueError, match="is not a model that can be loaded") as caught:
        load_checkpoint(path)
    assert is_shown(str(caught.value))
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 1000


def test_predict_prints_names_and_headings_as_visible_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = str(save(MLP(2, [1], seed=1), tmp_path / "named.npz", training={"inputs": [NASTY, "x2"]}))
    plain = str(save(MLP(2, [1], seed=1), tmp_path / "plain.npz"))
    odd = str(save(MLP(2, [1], seed=1), tmp_path / "odd.npz", training={"inputs": NASTY}))
    tables = {
        "good": "1,2\n",
        "heading": f'"{NASTY}",x9\n1,2\n',
        "cell": f'1,2\n"{NASTY}",3\n',
        "empty": "",
        "short": "1\n",
    }
    folder = tmp_path / NASTY
    folder.mkdir()
    codes = []
    for name, text in tables.items():
        path = folder / f"{name}.csv"
        path.write_text(text, "utf-8", newline="")
        codes += [
            main(["predict", model, str(path), *more])
            for model in (named, plain, odd)
            for more in ([], ["-o", str(folder / "out.csv")])
        ]
    said = capsys.readouterr()
    assert is_shown(said.out)
    assert is_shown(said.err)
    assert set(codes) == {0, 1}
    assert len(said.err.splitlines()) == codes.count(1), "no line of it is a forged one"


def test_train_names_its_files_in_visible_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "xor", "--epochs", "1", "--quiet", "--out", str(tmp_path / NASTY)]) == 0
    said = capsys.readouterr()
    assert is_shown(said.out)
    assert is_shown(said.err)
