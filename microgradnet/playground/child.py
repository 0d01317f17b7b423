"""Runs one program for the local playground, in a process of its own: JSON on standard input and output.

Each line of output is a text that the program prints, at once; the last line is the result.
"""

import json
import os
import signal
import sys
import threading
import time


def main() -> None:
    """Answer a request as `runner.answer` does. The one argument is the server's process."""
    threading.Thread(target=_end_after, args=(int(sys.argv[1]),), daemon=True).start()
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what a program writes past Python's stdout goes nowhere
    request = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path.append("")  # the user's own modules, none of which takes the place of another
    from microgradnet.playground.runner import answer

    def tell(line: object) -> None:
        print(json.dumps(line), file=lines, flush=True)

    tell(answer(request, tell))
    lines.close()


def _end_after(server: int) -> None:
    """End this process, whatever it computes, and what it started, when the server that started it is no more."""
    while os.getppid() == server:
        time.sleep(0.5)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
