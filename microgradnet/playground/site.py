"""The files of the front end: as the local server sends them, and as a folder that any web server serves."""

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from functools import cache
from importlib import import_module
from pathlib import Path

from microgradnet._shared.webpage import ASSETS as SHARED
from microgradnet._shared.webpage import fill
from microgradnet.playground.programs import PROGRAMS
from microgradnet.teach.story import story

ASSETS = Path(__file__).with_name("assets")
SHARED_FILES = ("indices.css", "base.css", "theme.js")  # of all pages
KINDS = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
    ".json": "application/json", ".wasm": "application/wasm", ".zip": "application/zip",
    ".txt": "text/plain; charset=utf-8",
}  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; frame-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'"
)
"""Scripts and requests of the site's own origin alone. Inline scripts are allowed for the page of a graph, which stands
in a frame without an origin and has a stricter policy of its own."""
DOOR = """
  <a href="{}" target="_blank">The book</a>"""
"""What stands beside the heading: the way to the book at an address."""
ALONE = DOOR.format("book.html")
"""The way of a playground without a book: to the story, and to how the book is made."""
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
SERVICE = "service.js"  # keeps the files of a build, for a browser without a network


def file_of(path: str, backend: str, door: str = ALONE) -> tuple[bytes, str] | None:
    """A file of the front end and its media type; None if there is none of that name.

    Args:
        path: below the address of the page; "" is the page.
        backend: "local" or "static", what runs the programs.
        door: HTML beside the heading.
    """
    if path == "programs.json":
        return json.dumps(PROGRAMS).encode(), KINDS[".json"]
    if path == "story.html":
        return _story(), KINDS[".html"]
    name = path or "index.html"
    folder = SHARED if name in SHARED_FILES else ASSETS
    if name not in {file.name for file in folder.iterdir()}:
        return None
    data = (folder / name).read_bytes()
    if name.endswith(".html"):
        for place, text in (("backend", backend), ("policy", POLICY), ("door", door)):
            data = data.replace(f"%{place}%".encode(), text.encode())
    return data, KINDS[Path(name).suffix]


@cache
def _story() -> bytes:
    return story().html.encode()


def build(folder: Path, npm: str = "npm", door: str = ALONE) -> list[Path]:
    """Write the static playground into a folder: the front end, Python for browsers, this package.

    Pyodide and Graphviz for browsers come from npm, in the versions and with the digests of `package-lock.json`.

    Args:
        folder: is made, or must be empty or an earlier build.
        npm: the program.
        door: HTML beside the heading.

    Returns:
        The files.

    Raises:
        FileExistsError: something else is in the folder.
        FileNotFoundError: there is no npm.
        RuntimeError: npm, or Node, failed.
    """
    program = shutil.which(npm)
    if program is None:
        raise FileNotFoundError(f"the build needs {npm} (Debian: apt install npm): it brings Python for browsers")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / "worker.js").exists():
        raise FileExistsError(f"{folder} holds something else: name an empty folder, or one of an earlier build")
    packages = folder / "npm"
    packages.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", "precompile.mjs"):
        shutil.copy(Path(__file__).with_name("npm") / name, packages)
    _run([program, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"], packages)
    modules = packages / "node_modules"
    for name in PYODIDE:
        shutil.copy(modules / "pyodide" / name, folder)
    shutil.copy(modules / "@viz-js" / "viz" / "dist" / "viz.js", folder)
    (folder / "packages.zip").write_bytes(_packages())
    _run(["node", "precompile.mjs", str(folder.resolve())], packages)
    shutil.rmtree(packages)
    names = {"programs.json", "story.html", *SHARED_FILES, *(file.name for file in ASSETS.iterdir())}
    for name in names:
        found = file_of(name, "static", door)
        if found is not None:
            (folder / name).write_bytes(found[0])
    if door != ALONE:
        for name in ("book.html", "story.html"):
            (folder / name).unlink()
    _write_service(folder)
    return sorted(folder.iterdir())


def _run(command: list[str], folder: Path) -> None:
    """Run a program of Node's in a folder."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} failed:\n{ended.stderr[-2000:]}")


def _write_service(folder: Path) -> None:
    """Tell the service worker the files that it keeps, and a version that changes with any of them."""
    service = folder / SERVICE
    kept = sorted(file for file in folder.iterdir() if file != service)
    digest = hashlib.sha256()
    for file in [*kept, service]:
        digest.update(f"{file.name}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    parts = {"version": digest.hexdigest()[:16], "files": " ".join(["./", *(file.name for file in kept)])}
    service.write_text(fill(service.read_text("utf-8"), parts), "utf-8")


def _packages() -> bytes:
    """This package, and `graphviz`, which writes DOT, as a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("microgradnet", "graphviz"):
            source = Path(str(import_module(name).__file__)).parent
            for file in sorted(source.rglob("*")):
                inside = file.relative_to(source.parent).as_posix()
                if file.is_file() and "__pycache__" not in inside and "playground/assets" not in inside:
                    archive.writestr(zipfile.ZipInfo(inside), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
