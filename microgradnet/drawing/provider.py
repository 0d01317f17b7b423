"""DOT text to the bytes of a picture, by whichever program on this machine can lay a graph out.

A real Graphviz `dot` on PATH comes first; then `graphviz-pure`, a port of Graphviz that pip installs.

The package `graphviz`, which writes the DOT, does not run the program: it can only start the one that its global
`DOT_BINARY` names, and without a time limit.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig

from microgradnet.errors import ProviderError

FORMATS = ("svg", "png", "pdf")
PURE = "graphviz-pure"
PURE_FORMATS = ("svg", "png")
GET_GRAPHVIZ = "install `graphviz` with the system's package manager (apt, dnf, brew, choco, conda)"
GET_PURE = "`pip install graphviz-pure`"
GET_CAIRO = "`pip install cairosvg` (which needs the cairo library)"
STEPS = 5  # a node, at most, to find the places of nodes: without a limit some graphs of 100 values take minutes
SHARP = 192  # dots an inch, twice a screen's 96: sharp on a dense one, too


def render(dot: str, format: str, timeout: float = 60.0, *, dpi: int = SHARP) -> bytes:
    """The picture of the graph `dot`, as Graphviz writes it.

    Args:
        dot: a graph in the DOT language.
        format: "svg", "png" (on white) or "pdf" (from a real Graphviz only).
        timeout: in seconds.
        dpi: dots an inch of a PNG.

    Raises:
        ValueError: `format` is none of those.
        ProviderError: no program is installed, or none that writes `format`, or it failed, or took too long.
    """
    if format not in FORMATS:
        raise ValueError(f"cannot draw as {format!r}; the formats are {', '.join(FORMATS)}.")
    if sys.platform == "emscripten":
        return _laid_out_in_browser(dot, format)
    program = find_program()
    if format not in PURE_FORMATS and os.path.basename(program).startswith(PURE):
        raise ProviderError(
            f"{PURE} writes no {format}; {' and '.join(PURE_FORMATS)} work now. "
            f"For {format}, {GET_GRAPHVIZ}, or {GET_CAIRO}."
        )
    options = [f"-Gdpi={dpi}", "-Gbgcolor=white"] if format == "png" else []
    status, output, messages = _run([program, f"-T{format}", f"-Gnslimit={STEPS}", *options], dot, timeout)
    # Messages at status 0 are about fonts: the picture is there, and the SVG names its own.
    if status != 0 or not output:
        raise ProviderError(
            f"{program} drew no {format} (exit status {status}). It said:\n{_tail(messages)}\n"
            f"Look at the DOT text it was given, or try another program: {GET_GRAPHVIZ}, or {GET_PURE}."
        )
    return output


def _laid_out_in_browser(dot: str, format: str) -> bytes:
    """The picture by Graphviz for browsers, `layOut`, which the playground's worker provides."""
    import js

    if format != "svg":
        raise ProviderError(f"in the browser a graph is drawn as svg, not as {format}")
    # Of an empty line Graphviz frees a layout that it never made. Here this may end it.
    dot = dot.replace(r'label="\l', r'label=" \l').replace(r"\l\l", r"\l \l")
    try:
        return str(js.layOut(dot, STEPS)).encode()
    except Exception as error:  # of JavaScript
        raise ProviderError(f"Graphviz for browsers could not lay the graph out: {error}") from None


def find_program() -> str:
    """The path of the program that will draw: `dot` on PATH, else `graphviz-pure` beside Python or on PATH.

    The programs of a virtual environment that is not activated, and of `pip install --user`, are not on PATH.

    Raises:
        ProviderError: there is neither.
    """
    user_scheme = sysconfig.get_preferred_scheme("user")
    script_directories = (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", user_scheme))
    program = (
        shutil.which("dot")
        or next(filter(None, (shutil.which(PURE, path=directory) for directory in script_directories)), None)
        or shutil.which(PURE)
    )
    if program is None:
        raise ProviderError(
            "a picture needs a program that lays graphs out, and neither `dot` nor `graphviz-pure` was found. "
            f"Run {GET_PURE}, or {GET_GRAPHVIZ}."
        )
    return program


def _run(command: list[str], dot: str, timeout: float) -> tuple[int, bytes, str]:
    """Exit status, output and messages of a program that reads `dot`; it and its children end with this call."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, so that a wrapper script's children can be ended too
        )
    except OSError as error:
        raise ProviderError(
            f"{command[0]} could not be started ({error}). Mend or remove it, and {GET_GRAPHVIZ}, or {GET_PURE}."
        ) from error
    with process:
        try:
            output, messages = process.communicate(dot.encode("utf-8", "replace"), timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise ProviderError(
                f"{command[0]} was still laying out this graph ({len(dot):,} characters of DOT) after "
                f"{timeout:g} seconds and was ended. Draw a smaller view: a node for each neuron or layer, or only "
                "the nodes nearest the result."
            ) from None
        except BaseException:  # an interrupt, say: leave no program running
            _kill(process)
            raise
    return process.returncode, output, messages.decode("utf-8", "replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
            os.killpg(process.pid, signal.SIGKILL)


def _tail(messages: str, lines: int = 5) -> str:
    return "\n".join(messages.strip().splitlines()[-lines:])[-2000:] or "(nothing)"
