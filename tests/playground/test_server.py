"""The local server: it answers its own page on this machine, and nobody else; programs end, and Python with them."""

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from microgradnet.cli.main import main
from microgradnet.playground.book import BUILT
from microgradnet.playground.programs import PROGRAMS
from microgradnet.playground.runner import NO_VALUE
from microgradnet.playground.server import Server
from microgradnet.playground.site import ALONE, ASSETS, DOOR, file_of
from microgradnet.teach.examples import EXAMPLES
from tests.documents import README
from tests.serving import answering

BOOK = re.compile(r"pip install '\.\[book\]'|python -m sphinx .*")
"""The commands that make the book."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(seconds=8)
    with answering(running):
        yield running


def asked(address: str, data: Any = None, **headers: str) -> Any:
    """The answer to a request: bytes of a GET, the JSON of a POST."""
    body = None if data is None else json.dumps(data).encode()
    sent = {"Content-Type": "application/json", **headers} if body else headers
    with urllib.request.urlopen(urllib.request.Request(address, body, sent)) as answer:
        text = answer.read()
        return json.loads(text.splitlines()[-1]) if body else text


def printed(address: str, code: str) -> tuple[str, Any]:
    """What a program printed while it ran, and its result."""
    body = json.dumps({"code": code}).encode()
    sent = urllib.request.Request(address + "run", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(sent) as answer:
        *texts, result = [json.loads(line) for line in answer if line.strip()]
    return "".join(texts), result


def test_a_program_is_run_by_a_process_of_its_own(server: Server) -> None:
    found = asked(server.address + "run", {"code": "import os, numpy\nprint(os.getpid())", "shown": None})
    assert found["error"] is None
    assert int(found["output"]) != __import__("os").getpid()


def test_a_program_that_does_not_end_is_ended(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "seconds", 1.0)
    found = asked(server.address + "run", {"code": "while True: pass"})
    assert found["error"]["line"] == 1
    assert "stopped after 1 s" in found["error"]["message"]
    monkeypatch.setattr("microgradnet.playground.server.GRACE", 0.5)
    found = asked(server.address + "run", {"code": "sum(iter(int, 1))"})
    assert "stopped after 1.5 s" in found["error"]["message"], "what is not a loop of the program is ended, too"


def test_the_door_to_the_book_is_where_the_page_is_told() -> None:
    for door in (ALONE, DOOR.format("https://example.org/")):
        found = file_of("", "static", door)
        assert found
        assert (door.encode() in found[0], b"%door%" in found[0]) == (True, False)
        assert b"The book" in found[0]


def test_without_a_book_its_door_leads_to_the_story_the_programs_and_the_command() -> None:
    found = file_of("book.html", "static")
    assert found
    page = found[0].decode()
    links = re.findall(r'href="([^"]+)"', page.partition("<body>")[2])
    assert {link.partition("#")[2] for link in links if "#" in link} == set(EXAMPLES)
    assert set(EXAMPLES) < {program["name"] for program in PROGRAMS}
    for link in {link.partition("#")[0] for link in links}:
        assert file_of(link.removeprefix("./"), "static")
    assert BOOK.findall(page) == BOOK.findall(README.read_text("utf-8")) != []


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="a process of POSIX is asked whether it lives")
def test_a_program_does_not_outlive_a_server_that_is_killed(tmp_path: Path) -> None:
    running = "from microgradnet.playground.server import Server\nwith Server(seconds=600) as server:\n"
    running += "    print(server.address, flush=True)\n    server.serve_forever()"
    with subprocess.Popen([sys.executable, "-c", running], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address, note = server.stdout.readline().strip(), tmp_path / "program"
        code = f"import os\nopen({str(note)!r}, 'w').write(f'{{os.getpid()}}.')\nwhile True: pass"

        def ask() -> None:
            with suppress(OSError, HTTPException, ValueError):  # the server is killed before it answers
                printed(address, code)

        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: note.exists() and note.read_text().endswith("."), "the program begins")
        program = int(note.read_text()[:-1])
        assert lives(program)
        server.kill()
        asking.join()
    until(lambda: not lives(program), "the program ends")


def lives(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until it holds, and no longer than this."""
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:g} s")


def test_a_program_that_ends_python_or_writes_past_it_breaks_nothing(server: Server) -> None:
    found = asked(server.address + "run", {"code": "import os; os._exit(0)"})
    assert found["error"]["message"] == "the program ended Python itself"
    found = asked(server.address + "run", {"code": "import os; os.write(2, b'why\\nbecause\\n'); os._exit(3)"})
    assert found["error"]["message"] == "the program ended Python itself: because"
    found = asked(server.address + "run", {"code": "import os; os.write(1, b'{'); print('fine')"})
    assert (found["error"], found["output"]) == (None, "fine\n")


def test_what_was_printed_before_a_program_ended_is_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    text, result = printed(server.address, "import os\nprint('first', flush=True)\nos._exit(1)")
    assert (text, result["error"]["message"]) == ("first\n", "the program ended Python itself")
    monkeypatch.setattr(server, "seconds", 2.5)
    text, result = printed(server.address, "print('ä' * 10)\nwhile True: pass")
    assert text == "ä" * 10 + "\n"
    assert "stopped after 2.5 s" in result["error"]["message"]


def test_an_animation_is_asked_of_the_server_as_a_program_is(server: Server) -> None:
    found = asked(server.address + "run", {"code": "x = 1", "animation": True})
    assert (found["frames"], found["durations"], found["note"]) == ([], [], NO_VALUE)


@pytest.mark.parametrize("says", ["print(i)", "print(i) if i == 0 else None"], ids=["telling", "silent"])
def test_a_program_ends_with_its_reader(says: str, server: Server, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    beat.mkdir()
    code = (
        f"import time\nfrom pathlib import Path\nfor i in range(100):\n    {says}\n"
        f"    Path({str(beat)!r}, str(i)).touch()\n    time.sleep(0.05)"
    )
    body = json.dumps({"code": code}).encode()
    sent = urllib.request.Request(server.address + "run", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(sent) as answer:
        assert json.loads(answer.readline()) == "0"
    time.sleep(1.5)
    beats = len(list(beat.iterdir()))
    time.sleep(0.5)
    assert len(list(beat.iterdir())) == beats < 100


def test_names_are_sent_for_completion(server: Server) -> None:
    assert any(name["label"] == "Value" for name in asked(server.address + "run", {}))


def test_the_front_end_is_sent_with_its_policy(server: Server) -> None:
    page = asked(server.address).decode()
    assert 'name="backend" content="local"' in page
    with urllib.request.urlopen(server.address + "editor.js") as answer:
        assert answer.headers["Content-Type"] == "text/javascript"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_modules_of_the_readers_folder_are_found_and_take_no_others_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("random.py").write_text("raise ValueError")
    Path("of_the_reader.py").write_text("number = 3")
    with answering(running := Server()):
        found = asked(running.address + "run", {"code": "import random\nfrom of_the_reader import *\nprint(number)"})
    assert (found["error"], found["output"]) == (None, "3\n")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="a process of POSIX is asked whether it lives")
def test_what_a_program_has_started_ends_with_it(server: Server, tmp_path: Path) -> None:
    code = "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    found = asked(server.address + "run", {"code": code})
    until(lambda: not lives(int(found["output"])), "it ends", 10)


def test_idle_connections_are_closed_and_more_than_there_is_room_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "most", 3)
    monkeypatch.setattr("microgradnet._shared.serving.Handler.timeout", 0.5)
    with answering(running := Server()):
        idle = [socket.create_connection(("127.0.0.1", running.server_port)) for _ in range(3)]
        with socket.create_connection(("127.0.0.1", running.server_port)) as one_more:
            assert one_more.recv(1) == b""
        assert [one.recv(1) for one in idle] == [b""] * 3
        assert b"playground" in asked(running.address)
        for one in idle:
            one.close()


def refused(address: str, data: Any = None, **headers: str) -> int:
    with pytest.raises(HTTPError) as caught:
        asked(address, data, **headers)
    with caught.value as answer:
        code: int = answer.code
        return code


def test_the_book_has_an_origin_of_its_own_once_it_is_built(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert b"these commands make it" in asked(server.address + "book.html")
    BUILT.mkdir(parents=True)
    (BUILT / "index.html").write_text("chapters")
    (BUILT / "chapter.html").write_text("neuron")
    (tmp_path / "secret.txt").write_text("mine")
    with urllib.request.urlopen(server.address + "book.html") as answer:
        assert (answer.read(), answer.url) == (b"chapters", server.book.address)
    assert asked(server.book.address + "chapter.html") == b"neuron"
    for outside in ("../../secret.txt", "%2e%2e/%2e%2e/secret.txt", "run"):
        with pytest.raises(HTTPError, match="404"):
            asked(server.book.address + outside)
    with pytest.raises(HTTPError, match="403"):  # nor may a chapter run a program
        asked(server.address + "run", {"code": "1"}, Origin=server.book.address.rstrip("/"))


def test_nobody_else_is_answered(server: Server) -> None:
    root = server.address.removesuffix(f"{server.secret}/")
    program = {"code": "print(1)"}
    assert refused(root) == 403
    assert refused(root + "run", program) == 403
    assert refused(root + "x" * len(server.secret) + "/run", program) == 403
    assert refused(server.address + "run", program, Origin="http://evil.example") == 403
    assert refused(server.address + "run", program, Origin="null") == 403
    assert refused(server.address + "run", program, Host="evil.example") == 403
    assert refused(server.address + "run", program, **{"Content-Type": "text/plain"}) == 400
    assert refused(server.address + "run", [1]) == 400
    assert refused(server.address + "run", {"code": 1}) == 400
    assert refused(server.address + "nothing.js") == 404
    assert refused(server.address + "../runner.py") in (403, 404)
    assert refused(server.address + "%2e%2e/runner.py") == 404
    assert asked(server.address + "run", program, Origin=root.rstrip("/"))["output"] == "1\n"


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_every_file_of_the_front_end_has_a_type() -> None:
    for file in ASSETS.iterdir():
        found = file_of(file.name, "static")
        assert found
        assert found[1]
    assert file_of("nothing", "static") is None
    assert b"%" not in file_of("", "static")[0].replace(b"100%", b"")  # type: ignore[index]


@pytest.mark.parametrize("bundle", ["editor.js", "gifenc.js"])
def test_a_shipped_bundle_was_built_from_its_sources(bundle: str) -> None:
    """The digest that `npm run bundles` writes; with npm, `test_playground_offline` builds it again."""
    names = ("editor.mjs", "gifenc.mjs", "package.json", "package-lock.json")
    sources = [(ASSETS.parent / "npm" / name).read_text("utf-8") for name in names]
    digest = hashlib.sha256("".join(sources).encode()).hexdigest()
    *_, last = (ASSETS / bundle).read_text("utf-8").splitlines()
    assert last == f"// built from {digest}", "run `npm ci && npm run bundles` in playground/npm"


def test_the_licence_of_each_package_in_a_bundle_is_shipped() -> None:
    locked = json.loads((ASSETS.parent / "npm" / "package-lock.json").read_text("utf-8"))["packages"]
    built_by = re.compile(r"node_modules/(esbuild|@esbuild/.*|@types/.*)")
    bundled = {name for name, package in locked.items() if package.get("dev") and not built_by.fullmatch(name)}
    found = re.findall(r"^==> (\S+)/LICENSE\S* <==$", (ASSETS / "licences.txt").read_text("utf-8"), re.M)
    assert set(found) == bundled != set()


def test_a_build_needs_npm_and_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert main(["playground", "--build", str(tmp_path / "site")]) == 1
    assert "the build needs npm" in capsys.readouterr().err
    monkeypatch.setattr("shutil.which", lambda name: "/bin/true")
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["playground", "--build", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
