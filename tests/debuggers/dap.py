"""A small client of the Debug Adapter Protocol: what VS Code says to debugpy, and what it hears."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, NamedTuple

from tests import ROOT

SECONDS = 60.0  # an answer takes less
LAUNCH = ROOT / ".vscode" / "launch.json"


class Frame(NamedTuple):
    """Where the program is."""

    path: Path
    line: int
    function: str
    id: int


class Client:
    """A program under debugpy. Every wait ends after a minute with an error.

    Args:
        adapter: a process that speaks the protocol on its standard input and output.
    """

    def __init__(self, adapter: "subprocess.Popen[bytes]") -> None:
        self._adapter = adapter
        self._sent = 0
        self._heard: Queue[dict[str, Any] | None] = Queue()
        self._events: list[dict[str, Any]] = []
        self.output = ""
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._adapter.stdout
        while header := self._adapter.stdout.readline():
            self._adapter.stdout.readline()
            self._heard.put(json.loads(self._adapter.stdout.read(int(header.split(b":")[1]))))
        self._heard.put(None)

    def send(self, command: str, **arguments: Any) -> int:
        """Ask for something; the number of the request."""
        self._sent += 1
        request = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        assert self._adapter.stdin
        self._adapter.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._adapter.stdin.flush()
        return self._sent

    def _next(self) -> dict[str, Any]:
        message = self._heard.get(timeout=SECONDS)
        assert message is not None, f"debugpy has gone; the program wrote {self.output}"
        if message.get("event") == "output" and message["body"].get("category") != "telemetry":
            self.output += message["body"]["output"]
        return message

    def answer(self, number: int) -> Any:
        """What was answered to a request."""
        while (message := self._next()).get("request_seq") != number:
            self._events.append(message)
        assert message["success"], message
        return message.get("body")

    def ask(self, command: str, **arguments: Any) -> Any:
        """Ask for something and wait for the answer."""
        return self.answer(self.send(command, **arguments))

    def event(self, *names: str) -> dict[str, Any]:
        """The next event of one of these names."""
        while True:
            message = self._events.pop(0) if self._events else self._next()
            if message.get("event") in names:
                return message

    def end(self) -> None:
        """End the program and debugpy, in whatever state they are."""
        assert self._adapter.stdin
        assert self._adapter.stdout
        try:
            self.answer(self.send("disconnect", terminateDebuggee=True))
        finally:
            self._adapter.stdin.close()
            try:
                self._adapter.wait(SECONDS)
            finally:
                if self._adapter.poll() is None:
                    os.killpg(self._adapter.pid, signal.SIGKILL)
                    self._adapter.wait()
                self._listener.join(SECONDS)
                self._adapter.stdout.close()

    def stopped(self) -> Frame | None:
        """Where it stops next; None if it ends before."""
        event = self.event("stopped", "terminated")
        if event["event"] == "terminated":
            return None
        self._thread = event["body"]["threadId"]
        frame = self.ask("stackTrace", threadId=self._thread, levels=1)["stackFrames"][0]
        return Frame(Path(frame["source"]["path"]), frame["line"], frame["name"], frame["id"])

    def go(self, how: str) -> Frame | None:
        """Go on, how: "stepIn", "next", "continue"."""
        self.ask(how, threadId=self._thread)
        return self.stopped()

    def variables(self, reference: int) -> dict[str, Any]:
        """What is shown below something that can be opened."""
        return {shown["name"]: shown for shown in self.ask("variables", variablesReference=reference)["variables"]}

    def local_variables(self, frame: Frame) -> dict[str, Any]:
        """The variables pane."""
        return self.variables(self.ask("scopes", frameId=frame.id)["scopes"][0]["variablesReference"])


@contextmanager
def debugging(
    program: Path, lines: list[int] | None = None, functions: list[str] | None = None, plain: bool = False, **more: Any
) -> Iterator[Client]:
    """A program under debugpy.

    Args:
        program: the file.
        lines: of the program, to stop at.
        functions: to stop at, by name.
        plain: with the settings that hold where there is no .vscode/launch.json, not with those of that file.
        more: settings beside them.
    """
    settings = {"type": "debugpy", "request": "launch", "program": "${file}"}
    if not plain:
        settings = json.loads(LAUNCH.read_text("utf-8"))["configurations"][0]
    settings |= {"program": str(program), "console": "internalConsole", "cwd": os.getcwd()} | more
    adapter = subprocess.Popen(
        [sys.executable, "-m", "debugpy.adapter"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it grumbles when the program has ended already
        start_new_session=True,
    )
    client = Client(adapter)
    try:
        client.ask("initialize", adapterID="debugpy", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        launched = client.send("launch", **settings)
        client.event("initialized")
        places = [{"line": line} for line in lines or []]
        client.ask("setBreakpoints", source={"path": str(program)}, breakpoints=places)
        client.ask("setFunctionBreakpoints", breakpoints=[{"name": name} for name in functions or []])
        client.ask("configurationDone")
        client.answer(launched)
        yield client
    finally:
        client.end()
