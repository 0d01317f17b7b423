"""A class of simulated learners: what they send is kept, marked and counted, whatever happens to the server."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from microgradnet.cli.main import main
from microgradnet.teach.classroom import Classroom, Store, is_served
from microgradnet.teach.classroom.server import LONGEST
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS, MISTAKES, SLIPS
from microgradnet.teach.worksheets import Worksheet, grade, worksheet
from tests.serving import answering
from tests.teach.worksheets.simulated import answers_by

LEARNERS = 40


def sheet() -> Worksheet:
    return worksheet(EXAMPLES["learning"].build(), name="learning")


def request(address: str, sent: Any = None, **headers: str) -> Any:
    """The answer to a request that sends an object, or a text that is no JSON."""
    data = None if sent is None else (sent if isinstance(sent, str) else json.dumps(sent)).encode()
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
    return {
        "learner": f"learner-{learner}",
        "name": f"N{learner}" * (learner % 3 == 0),
        "answers": answers,
        "version": 1,
    }


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    given = sheet()
    server = Classroom(given, Store(tmp_path / "class.sqlite", given.name))
    with answering(server):
        yield server


def results(server: Classroom) -> Any:
    return json.loads(request(server.address(server.store.teacher) + "results"))


def test_an_address_that_is_typed_without_its_last_slash_leads_to_the_page(classroom: Classroom) -> None:
    address = classroom.address(classroom.store.learner)
    with urllib.request.urlopen(address[:-1], timeout=60) as answer:
        assert answer.url == address  # which the page sends its answers below
        assert answer.read() == request(address)


def test_forty_learners_at_once(classroom: Classroom) -> None:
    of = sheet()
    address = classroom.address(classroom.store.learner)
    with ThreadPoolExecutor(LEARNERS) as learners:
        sent = [written(of, i) for i in range(LEARNERS)]
        assert set(learners.map(lambda one: request(address + "answers", one), sent)) == {b""}
    kept = {learner: answers for learner, (_, answers) in classroom.store.learners().items()}
    assert kept == {one["learner"]: {number: text for number, text in one["answers"].items() if text} for one in sent}
    found = results(classroom)
    assert len(found["learners"]) == LEARNERS
    assert sum(each["points"] == len(of.blanks) for each in found["learners"]) >= LEARNERS // 2
    assert sum(each["name"] == "" for each in found["learners"]) == sum(i % 3 != 0 for i in range(LEARNERS))
    for blank in found["blanks"]:
        assert sum(blank["verdicts"].values()) == LEARNERS
    titles = {row.title for row in MISTAKES.values()}
    assert len(found["mistakes"]) > 3
    assert {each["title"] for each in found["mistakes"]} <= titles | {slip.title for slip in SLIPS.values()}
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


def one_by_one(server: Classroom, answers: dict[int, str], kept: dict[int, str] | None = None) -> dict[int, str]:
    """A learner gives one answer after the other."""
    kept = dict(kept or {})
    for number, answer in answers.items():
        kept[number] = answer
        texts = {str(each): text for each, text in kept.items()}
        sent = {"learner": "a", "name": "", "answers": texts, "version": len(kept) + 100 * (texts["1"] != "1")}
        assert server.keep(sent) is HTTPStatus.OK
    return kept


def test_putting_a_mistake_right_is_no_new_mistake(tmp_path: Path) -> None:
    """As soon as (1) is right, what followed from it looks like mistakes of its own; the server ends in between."""
    of = worksheet(EXAMPLES["two-neurons"].build(), name="two-neurons")
    given = ["1", "1", "1", "0.6023", "0.25", "0.05988", "0.05988", "0.05988", "0.005988", "0.008982"]
    answers = dict(enumerate(given, start=1))
    assert grade(of, answers).points == len(given) - 1
    assert len(grade(of, answers | {1: repr(of.blanks[0].answer)}).mistakes) > 0
    path = tmp_path / "class.sqlite"
    with Classroom(of, Store(path, of.name)) as server:
        kept = one_by_one(server, answers)
        made = server.store.made()
        assert list(made.values()) == [1]
        right = {blank.number: repr(blank.answer) for blank in of.blanks}
        kept = one_by_one(server, {1: right[1], 2: right[2]}, kept)
    with Classroom(of, Store(path, of.name)) as server:
        kept = one_by_one(server, right, kept)
        assert server.store.made() == made
        assert server.counted()["learners"][0]["points"] == len(given)
        one_by_one(server, {3: "-" + right[3]}, kept)
        assert set(server.store.made()) == {*made, "sign"}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_misconception_is_counted_from_answers_that_come_one_by_one(name: str, classroom: Classroom) -> None:
    of = sheet()
    for rules in MISTAKES[name].rules(of.graph):
        answers = {number: str(answer) for number, answer in answers_by(of, rules).items()}
        one_by_one(classroom, answers)
        assert set(grade(of, answers).mistakes) <= set(classroom.store.made())
        classroom.remove("a")


WRONG_ANSWERS: list[Any] = [[], {"99": "1"}, {"1": 0.5}, {"1": "1" * (LONGEST + 1)}]
OF_NOBODY: dict[str, Any] = {"learner": "a", "name": "", "answers": {"1": "0.5"}, "version": 1}


@pytest.mark.parametrize(
    "sent",
    [
        *({key: value for key, value in OF_NOBODY.items() if key != without} for without in OF_NOBODY),
        *(OF_NOBODY | {"learner": wrong} for wrong in ("", 1, None, "l" * (LONGEST + 1))),
        *(OF_NOBODY | {"name": wrong} for wrong in (1, "n" * (LONGEST + 1))),
        *(OF_NOBODY | {"answers": wrong} for wrong in WRONG_ANSWERS),
        *(OF_NOBODY | {"version": wrong} for wrong in ("1", 1.5, True)),
        ["a"],
        1,
        "[" * 40_000,
    ],
)
def test_what_has_another_form_is_refused_and_nothing_is_kept(sent: Any, classroom: Classroom) -> None:
    assert refusal(classroom.address(classroom.store.learner) + "answers", sent) == 400
    assert results(classroom)["learners"] == []


def test_a_length_of_no_sense_is_refused(classroom: Classroom) -> None:
    address = classroom.address(classroom.store.learner) + "answers"
    for length in ("", "-1", "9" * 5000):
        with socket.create_connection(("127.0.0.1", classroom.server_address[1])) as client:
            head = f"Host: {address.split('/')[2]}\r\nContent-Type: application/json\r\nContent-Length: {length}"
            client.sendall(f"POST {urlsplit(address).path} HTTP/1.0\r\n{head}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.0 400 JSON is needed"), length


def test_learners_of_one_name_are_told_apart(classroom: Classroom) -> None:
    for learner, name in enumerate(["Ada", "", "Ada", "", "Ada"]):
        request(
            classroom.address(classroom.store.learner) + "answers", OF_NOBODY | {"learner": str(learner), "name": name}
        )
    assert [each["name"] for each in results(classroom)["learners"]] == ["Ada", "", "Ada (2)", "", "Ada (3)"]


def test_a_name_of_half_a_character_is_kept_with_a_sign_of_it(classroom: Classroom) -> None:
    request(classroom.address(classroom.store.learner) + "answers", OF_NOBODY | {"name": "half\ud800\nname"})
    assert [each["name"] for each in results(classroom)["learners"]] == ["half\ufffd name"]


def test_nobody_sees_the_results_without_the_teachers_address(classroom: Classroom) -> None:
    learner, teacher = classroom.address(classroom.store.learner), classroom.address(classroom.store.teacher)
    assert refusal(learner + "results") == 404
    assert refusal(learner + "elsewhere", OF_NOBODY) == 404
    assert refusal(classroom.address("guess") + "results") == 403
    assert refusal(teacher[:-2] + "/results") == 403
    assert refusal(teacher + "results", Origin="http://elsewhere") == 403
    assert refusal(teacher + "results", Host="elsewhere:80") == 403
    assert classroom.store.teacher.encode() not in request(learner)


def test_nothing_is_lost_when_the_server_is_killed_and_started_again(tmp_path: Path) -> None:
    of, kept = sheet(), tmp_path / "class.sqlite"

    def started() -> tuple[subprocess.Popen[str], str, str]:
        command = [sys.executable, "-m", "microgradnet", "class", "learning", "--no-open", "--keep", str(kept)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        learner, teacher = (process.stdout.readline().split(": ")[1].strip() for _ in range(2))
        return process, learner, teacher

    process, learner, teacher = started()
    with process, ThreadPoolExecutor(8) as learners:
        list(learners.map(lambda i: request(learner + "answers", written(of, i)), range(8)))
        before = json.loads(request(teacher + "results"))
        process.send_signal(signal.SIGKILL)
    process, *again = started()
    with process:
        assert again == [learner, teacher]  # what learners have open goes on
        assert json.loads(request(teacher + "results")) == before
        assert len(before["learners"]) == 8
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def test_a_class_that_is_running_is_not_started_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["class", "learning", "--no-open", "--keep", str(tmp_path / "class.sqlite")]
    monkeypatch.setattr(Classroom, "serve_forever", lambda _: pytest.fail("a second one is served"))
    with subprocess.Popen([sys.executable, "-m", "microgradnet", *command], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            for port in ([], ["--port", "0"], ["--network"]):
                assert main([*command, *port]) == 1
                assert "is running already, at port" in capsys.readouterr().err
        finally:
            process.kill()
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:  # takes the port, and never answers
        store = Store(tmp_path / "deaf.sqlite", "sheet")
        store.keep_port(deaf.getsockname()[1])
        assert not is_served(store)


def test_a_request_that_arrives_after_a_later_one_changes_nothing_and_an_answer_can_be_taken_back(
    classroom: Classroom,
) -> None:
    versions = {1: {"1": "0.1", "2": "0.2"}, 3: {"1": "", "2": "0.2"}, 2: {"1": "0.3", "2": "0.2"}}
    for version, answers in versions.items():
        sent = {"learner": "a", "name": "Ann", "answers": answers, "version": version}
        assert classroom.keep(sent) is HTTPStatus.OK
    assert classroom.store.learners()["a"].answers == {"2": "0.2"}


def test_a_class_that_is_full_takes_no_more(classroom: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microgradnet.teach.classroom.server.MOST_LEARNERS", 2)
    address = classroom.address(classroom.store.learner) + "answers"
    for learner in "ab":
        request(address, OF_NOBODY | {"learner": learner})
    assert refusal(address, OF_NOBODY | {"learner": "c"}) == 403
    request(address, OF_NOBODY | {"name": "Ann"})
    assert {learner.name for learner in classroom.store.learners().values()} == {"", "Ann"}
    assert results(classroom)["is_full"]
    request(classroom.address(classroom.store.teacher) + "remove", {"learner": "b"})
    assert not results(classroom)["is_full"]
    request(address, OF_NOBODY | {"learner": "c"})
    assert list(classroom.store.learners()) == ["a", "c"]


@pytest.mark.parametrize("answers", [{}, {"1": ""}, {"1": " "}])
def test_who_has_answered_nothing_takes_no_place(answers: dict[str, str], classroom: Classroom) -> None:
    address = classroom.address(classroom.store.learner) + "answers"
    request(address, OF_NOBODY | {"name": "Ann", "answers": answers})
    assert results(classroom)["learners"] == []
    request(address, OF_NOBODY | {"name": "Ann"})
    request(address, OF_NOBODY | {"name": "Ann", "answers": answers})  # taken back
    assert classroom.store.learners() == {"a": ("Ann", {})}


def test_a_learner_who_is_removed_is_out_of_every_count_and_a_new_one_afterwards(classroom: Classroom) -> None:
    address, teacher = (classroom.address(secret) for secret in (classroom.store.learner, classroom.store.teacher))
    empty = results(classroom)
    sent = OF_NOBODY | {"answers": {"1": "12345"}, "version": 7}
    request(address + "answers", sent)
    before = results(classroom)
    assert [each["learner"] for each in before["learners"]] == ["a"]
    assert before["mistakes"] != []
    request(teacher + "remove", {"learner": "a"})
    assert results(classroom) == empty
    request(address + "answers", sent | {"version": 6})
    assert results(classroom) == before


def test_nobody_but_the_teacher_removes_a_learner(classroom: Classroom) -> None:
    learner, teacher = (classroom.address(secret) for secret in (classroom.store.learner, classroom.store.teacher))
    request(learner + "answers", OF_NOBODY)
    who = {"learner": "a"}
    assert refusal(learner + "remove", who) == 404
    assert refusal(classroom.address("guess") + "remove", who) == 403
    assert refusal(teacher + "remove", who, Origin="http://elsewhere") == 403
    assert refusal(teacher + "remove", who, Host="elsewhere:80") == 403
    assert refusal(teacher + "remove", who, **{"Content-Type": "text/plain"}) == 400  # as a form sends it
    assert refusal(teacher + "remove") == 404
    assert list(classroom.store.learners()) == ["a"]


def test_two_servers_of_one_file_lose_nothing(tmp_path: Path, classroom: Classroom) -> None:
    of = sheet()
    second = Classroom(of, Store(classroom.store.path, of.name))
    with answering(second), ThreadPoolExecutor(8) as learners:
        addresses = [server.address(server.store.learner) + "answers" for server in (classroom, second)]
        list(learners.map(lambda i: request(addresses[i % 2], written(of, i)), range(16)))
        found = [results(server) for server in (classroom, second)]
    assert found[0] == found[1]
    assert len(found[0]["learners"]) == 16


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    file = tmp_path / "class.sqlite"
    Store(file, "sheet").save("a", "Ann", {})
    assert file.stat().st_mode & 0o077 == 0


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is a folder: name a file in it with --keep, as in --keep .*class\.sqlite"):
        Store(tmp_path, "sheet")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"nowhere.*cannot be opened or made, No such file or directory: name another with --keep"
    ):
        Store(tmp_path / "nowhere" / "class.sqlite", "sheet")


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(file)) as other:
        other.execute("create table notes (text)")
    before = file.read_bytes()
    with pytest.raises(ValueError, match=r"is no file of a class \(it has other tables\)"):
        Store(file, "one sheet")
    assert file.read_bytes() == before


def test_a_table_that_is_saved_from_the_page_of_a_class_can_be_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[Worksheet] = []

    def opened(sheet: Worksheet, *rest: Any) -> Any:
        given.append(sheet)
        raise OSError("no port in this test")

    monkeypatch.setattr("microgradnet.teach.classroom.Classroom", opened)
    main(["class", "neuron", "--no-open", "--keep", str(tmp_path / "x.sqlite")])
    table = given[0].save_answers(tmp_path / "answers.csv", filled=True)
    capsys.readouterr()
    assert main(["grade", str(table)]) == 0
    assert "right" in capsys.readouterr().out


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
    assert f"port {port}: Address already in use" in capsys.readouterr().err
    assert main(["class", "neuron", "--no-open", "--port", "99999", "--keep", str(tmp_path / "x.sqlite")]) == 1
    assert "--port is a number up to 65535, got 99999" in capsys.readouterr().err


def test_another_port_is_taken_where_that_of_the_last_time_is_in_use(tmp_path: Path, classroom: Classroom) -> None:
    store = Store(tmp_path / "y.sqlite", "neuron: grads")
    store.keep_port(classroom.server_port)
    command = [sys.executable, "-m", "microgradnet", "class", "neuron", "--no-open", "--keep", str(store.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert f":{classroom.server_port}/" not in process.stdout.readline()
        process.kill()
