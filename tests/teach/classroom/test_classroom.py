"""A class of simulated learners: what they send is kept, marked and counted, whatever happens to the server."""

import json
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from microgradnet.cli.main import main
from microgradnet.teach.classroom import Classroom, Store
from microgradnet.teach.classroom.server import LONGEST
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS
from microgradnet.teach.worksheets import Worksheet, grade, worksheet
from tests.teach.worksheets.simulated import answers_by

LEARNERS = 40


def sheet() -> Worksheet:
    return worksheet(EXAMPLES["learning"].build(), name="learning")


def request(address: str, sent: Any = None, **headers: str) -> Any:
    data = None if sent is None else json.dumps(sent).encode()
    asked = urllib.request.Request(address, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.read()


def refusal(address: str, sent: Any = None, **headers: str) -> int:
    """The status that a request is refused with."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        request(address, sent, **headers)
    with refused.value as answer:
        return answer.code


def written(of: Worksheet, learner: int) -> dict[str, Any]:
    """What a learner sends: every second one makes a mistake all through, each another."""
    rows = list(MISCONCEPTIONS.values())
    rules = next((r for row in rows[learner % len(rows) :] for r in row.rules(of.graph)), None)
    if learner % 2 and rules:
        answers = {str(number): str(answer) for number, answer in answers_by(of, rules).items()}
    else:
        answers = {str(blank.number): repr(blank.answer) for blank in of.blanks}
    return {"learner": f"learner-{learner}", "name": f"N{learner}" * (learner % 3 == 0), "answers": answers}


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    given = sheet()
    with Classroom(given, Store(tmp_path / "class.sqlite", given.name)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def results(server: Classroom) -> Any:
    return json.loads(request(server.address(server.store.teacher) + "results"))


def test_forty_learners_at_once(classroom: Classroom) -> None:
    of = sheet()
    address = classroom.address(classroom.store.learner)
    with ThreadPoolExecutor(LEARNERS) as learners:
        assert all(learners.map(lambda i: request(address + "answers", written(of, i)) == b"{}", range(LEARNERS)))
    found = results(classroom)
    assert len(found["learners"]) == LEARNERS
    assert sum(each["points"] == len(of.blanks) for each in found["learners"]) >= LEARNERS // 2
    assert sum(each["name"] == "" for each in found["learners"]) == sum(i % 3 != 0 for i in range(LEARNERS))
    for blank in found["blanks"]:
        assert sum(blank["verdicts"].values()) == LEARNERS
    titles = {row.title for row in MISCONCEPTIONS.values()}
    assert len(found["mistakes"]) > 3
    assert {each["title"] for each in found["mistakes"]} <= titles | {"a mistake of another kind"}
    assert all(0 < each["learners"] <= LEARNERS // 2 for each in found["mistakes"])


def test_a_mistake_that_was_put_right_stays_counted(classroom: Classroom) -> None:
    of, address = sheet(), classroom.address(classroom.store.learner) + "answers"
    mistaken = next(
        each for i in range(1, LEARNERS, 2) if grade(of, (each := written(of, i))["answers"]).points < len(of.blanks)
    )
    request(address, mistaken)
    before = results(classroom)
    request(address, written(of, 0) | {"learner": mistaken["learner"]})
    after = results(classroom)
    assert before["mistakes"] == after["mistakes"] != []
    assert after["learners"][0]["points"] == len(of.blanks) > before["learners"][0]["points"]


WRONG_ANSWERS: list[Any] = [[], {"99": "1"}, {"1": 0.5}, {"1": "1" * (LONGEST + 1)}]
OF_NOBODY: dict[str, Any] = {"learner": "a", "name": "", "answers": {}}


@pytest.mark.parametrize(
    "sent",
    [
        *({key: value for key, value in OF_NOBODY.items() if key != without} for without in OF_NOBODY),
        *(OF_NOBODY | {"learner": wrong} for wrong in ("", 1, None, "l" * (LONGEST + 1))),
        *(OF_NOBODY | {"name": wrong} for wrong in (1, "n" * (LONGEST + 1))),
        *(OF_NOBODY | {"answers": wrong} for wrong in WRONG_ANSWERS),
        ["a"],
        1,
    ],
)
def test_what_has_another_form_is_refused_and_nothing_is_kept(sent: Any, classroom: Classroom) -> None:
    assert refusal(classroom.address(classroom.store.learner) + "answers", sent) == 400
    assert results(classroom)["learners"] == []


def test_nobody_sees_the_results_without_the_teachers_address(classroom: Classroom) -> None:
    learner, teacher = classroom.address(classroom.store.learner), classroom.address(classroom.store.teacher)
    assert refusal(learner + "results") == 404
    assert refusal(classroom.address("guess") + "results") == 403
    assert refusal(teacher[:-2] + "/results") == 403
    assert refusal(teacher + "results", Origin="http://elsewhere") == 403
    assert refusal(teacher + "results", Host="elsewhere:80") == 403
    assert classroom.store.teacher.encode() not in request(learner)


def test_nothing_is_lost_when_the_server_is_killed_and_started_again(tmp_path: Path) -> None:
    of, kept = sheet(), tmp_path / "class.sqlite"

    def started(port: int = 0) -> tuple[subprocess.Popen[str], str, str]:
        command = [sys.executable, "-m", "microgradnet", "class", "learning", "--no-open", "--keep", str(kept)]
        process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        learner, teacher = (process.stdout.readline().split(": ")[1].strip() for _ in range(2))
        return process, learner, teacher

    process, learner, teacher = started()
    with process, ThreadPoolExecutor(8) as learners:
        list(learners.map(lambda i: request(learner + "answers", written(of, i)), range(8)))
        before = json.loads(request(teacher + "results"))
        process.send_signal(signal.SIGKILL)
    process, *again = started(int(learner.split(":")[2].split("/")[0]))
    with process:
        assert again == [learner, teacher]  # what learners have open goes on
        assert json.loads(request(teacher + "results")) == before
        assert len(before["learners"]) == 8
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def test_a_write_that_is_cut_off_leaves_what_was_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "class.sqlite", "sheet")
    store.save("a", "Ann", {"1": "2"}, ["minus"])
    with pytest.raises(sqlite3.Error):
        store.save("a", "Ann", {"1": "3"}, [object()])  # type: ignore[list-item]  # fails after the first statement
    assert store.learners() == {"a": ("Ann", {"1": "2"})}
    assert Store(tmp_path / "class.sqlite", "sheet").made() == {"minus": 1}


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "class.sqlite"
    Store(file, "one sheet")
    with pytest.raises(ValueError, match="holds the answers to 'one sheet', not to 'another': name another"):
        Store(file, "another")
    file = tmp_path / "text.sqlite"
    file.write_text("no database at all, but text that is long enough to be looked at" * 20)
    with pytest.raises(ValueError, match="is no file of a class"):
        Store(file, "one sheet")
    assert file.read_text().startswith("no database")


def test_the_local_network_is_off_by_default(tmp_path: Path) -> None:
    given = sheet()
    store = Store(tmp_path / "class.sqlite", given.name)
    with Classroom(given, store) as here, Classroom(given, store, network=True) as all_around:
        assert here.server_address[0] == "127.0.0.1"
        assert all_around.server_address[0] == "0.0.0.0"
        assert all_around.address("s").startswith("http://")


def test_a_port_that_is_taken_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], classroom: Classroom
) -> None:
    port = str(classroom.server_address[1])
    assert main(["class", "neuron", "--no-open", "--port", port, "--keep", str(tmp_path / "x.sqlite")]) == 1
    assert f"port {port}: " in capsys.readouterr().err
