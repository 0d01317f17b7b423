"""`Classroom`: the server of a class. Its learners' page is the worksheet to fill in; its teacher's page counts.

It listens on this machine alone, or with `network` on the local network; nothing leaves the machine. Each of the two
pages has an address of its own that cannot be guessed.
"""

import html
import json
import socket
from contextlib import closing, suppress
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from threading import Lock
from typing import Any

from microgradnet._shared.serving import LOOPBACK, Handler, ThreadingServer
from microgradnet._shared.text import one_line
from microgradnet._shared.webpage import asset, document, fill
from microgradnet.teach.classroom.results import Results
from microgradnet.teach.classroom.store import Store
from microgradnet.teach.worksheets import Worksheet
from microgradnet.teach.worksheets.played_page import PlayedPage

MOST_SENT = 50_000  # bytes of a learner's answers
LONGEST = 100  # characters of a name, an identifier or an answer
MOST_LEARNERS = 300
SAME_ORIGIN = ("connect-src 'self'",)


class Classroom(ThreadingServer):
    """A server for one worksheet.

    Args:
        sheet: the worksheet.
        store: where answers are kept.
        port: 0 for any that is free.
        network: listen on the local network, not only on this machine.

    Raises:
        OSError: the port is in use.
    """

    request_queue_size = 128  # a class presses its keys at once

    def __init__(self, sheet: Worksheet, store: Store, port: int = 0, network: bool = False) -> None:
        super().__init__(("0.0.0.0" if network else LOOPBACK, port), _Handler)
        self.store, self._results, self._counting = store, Results(sheet), Lock()
        self._versions: dict[str, int] = {}  # of what is kept: a request may arrive after a later one
        self._host = _address_here() if network else LOOPBACK

    def address(self, secret: str) -> str:
        """The address of the page that has this secret."""
        return f"http://{self._host}:{self.server_address[1]}/{secret}/"

    @cached_property
    def learners_page(self) -> bytes:
        """The worksheet to fill in, whose answers are sent here."""
        return _LearnersPage(self._results.sheet).html.encode()

    @cached_property
    def teachers_page(self) -> bytes:
        """The page that counts."""
        title = self._results.sheet.title
        template, style, script = (asset(__file__, f"teacher.{kind}") for kind in ("html", "css", "js"))
        body = fill(template, {"title": html.escape(title), "address": self.address(self.store.learner)})
        return document(title, body, style, script, None, SAME_ORIGIN).encode()

    def counted(self) -> dict[str, Any]:
        """What the teacher's page shows now."""
        with self._counting:
            learners = self.store.learners()
            is_full = len(learners) >= MOST_LEARNERS
            return self._results.counted(learners, self.store.made()) | {"is_full": is_full}

    def remove(self, learner: str) -> None:
        """Take a learner out of the class and its counts; whoever sends under this identifier again is a new one."""
        with self._counting:
            self.store.remove(learner)
            self._versions.pop(learner, None)
            self._results.forget(learner)

    def keep(self, sent: dict[str, Any]) -> HTTPStatus:
        """Keep what a learner sent, {learner, name, answers, version}: all answers, unless a later version is kept.

        A new learner takes a place with the first answer.

        Returns:
            It is FORBIDDEN to one more learner than a class has, and another form a BAD_REQUEST.
        """
        learner, name, answers, version = (sent.get(key) for key in ("learner", "name", "answers", "version"))
        numbers = {str(blank.number) for blank in self._results.sheet.blanks}
        if not isinstance(answers, dict) or not answers.keys() <= numbers:
            return HTTPStatus.BAD_REQUEST
        if not learner or type(version) is not int:  # true is one of Python's
            return HTTPStatus.BAD_REQUEST
        texts = [learner, name, *answers.values()]
        if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts):
            return HTTPStatus.BAD_REQUEST
        learner, name = map(one_line, (learner, name))
        answers = {number: text for number, text in answers.items() if text.strip()}
        with self._counting:
            known = self.store.learners()
            if learner not in known and not answers:
                return HTTPStatus.OK
            if learner not in known and len(known) >= MOST_LEARNERS:
                return HTTPStatus.FORBIDDEN
            if version >= self._versions.get(learner, version):
                self._versions[learner] = version
                before = known[learner].answers if learner in known else {}
                self.store.save(learner, name, answers, self._results.made(learner, answers, before))
        return HTTPStatus.OK


class _LearnersPage(PlayedPage):
    _resources = SAME_ORIGIN

    def __init__(self, sheet: Worksheet) -> None:
        super().__init__(sheet)
        self._head, self._script = asset(__file__, "learner.html"), asset(__file__, "learner.js")


class _Handler(Handler):
    server: Classroom
    policy = "frame-ancestors 'none'"  # the pages bring their own

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Send a page, or what the teacher's shows now."""
        store = self.server.store
        match self.asked([store.learner, store.teacher]):
            case None:
                return
            case (store.learner, ""):
                self.answer(self.server.learners_page, "text/html; charset=utf-8")
            case (store.teacher, ""):
                self.answer(self.server.teachers_page, "text/html; charset=utf-8")
            case (store.teacher, "results"):
                self.answer(json.dumps(self.server.counted()).encode(), "application/json")
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:  # noqa: N802
        """Keep what a learner has written so far, or remove a learner, as the teacher asks."""
        what = "{learner, name, answers, version}, of short texts and a number"
        store = self.server.store
        match self.asked([store.learner, store.teacher]):
            case None:
                return
            case (store.teacher, "remove"):
                sent = self.sent(MOST_SENT, "{learner}")
                if sent is not None:
                    self.server.remove(one_line(str(sent.get("learner"))))
                    self.answer(b"", "text/plain")
            case (store.learner, "answers"):
                sent = self.sent(MOST_SENT, what)
                if sent is None:
                    return
                kept = self.server.keep(sent)
                if kept is HTTPStatus.OK:
                    self.answer(b"", "text/plain")
                else:
                    is_full = kept is HTTPStatus.FORBIDDEN
                    self.send_error(kept, "the class is full" if is_full else f"JSON is needed: {what}")
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)


def is_served(store: Store) -> bool:
    """Whether a server on this machine answers for this class, at the port of the last one."""
    with closing(HTTPConnection(LOOPBACK, store.port, timeout=2)) as client, suppress(OSError, HTTPException):
        client.request("GET", f"/{store.learner}")
        return client.getresponse().getheader("Location") == f"/{store.learner}/"
    return False


def _address_here() -> str:
    """This machine's address on the local network, as the system would choose it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
