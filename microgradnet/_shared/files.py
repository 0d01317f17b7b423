"""Files written whole or not at all, in the format that their suffix names; and read, if they are ordinary ones."""

import os
import secrets
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from microgradnet._shared.text import one_line

PARTIAL = ".microgradnet-{}.tmp"
DAY = 86_400  # seconds; no write takes as long


def format_of(path: str | os.PathLike[str], formats: Collection[str], what: str) -> str:
    """The format that the suffix of `path` names, if it is one of `formats`.

    Raises:
        ValueError: it is not; the message says that `what`, "a picture" say, cannot be saved.

    >>> format_of("graph.SVG", ["svg", "png"], "a picture")
    'svg'
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix[1:] not in formats:
        raise ValueError(
            f"cannot save {what} as {os.fspath(path)!r}: its suffix is {one_line(suffix) or 'missing'}; "
            f"give a name that ends in one of {', '.join(f'.{format}' for format in formats)}"
        )
    return suffix[1:]


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The contents of an ordinary file, `~` expanded; anything else might never end (a pipe, a device).

    Raises:
        FileNotFoundError, IsADirectoryError, OSError: there is no such file, or it cannot be read.
    """
    file = Path(path).expanduser()
    if file.exists() and not file.is_file() and not file.is_dir():
        raise OSError(f"cannot read {one_line(str(file))}: it is no ordinary file")
    return file.read_bytes()


def write_atomically(path: str | os.PathLike[str], data: bytes | str) -> Path:
    """Write `data` (text as UTF-8) to `path` in one step, and return the path with `~` expanded.

    The data goes to a new file in the same directory, which then takes the name: a reader sees the old file or the
    new one, never half of one, and a failure leaves the old one unchanged. `open` makes the new file, so the umask
    decides its permissions as for any other; a symbolic link stays and its target is replaced. The new file of a
    process that was killed while it wrote is removed by the first write there a day later.

    Raises:
        FileNotFoundError: the directory does not exist.
        IsADirectoryError: `path` is a directory.
        FileExistsError: `path` is there but is no ordinary file (a device, a pipe).

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder, "note.txt"), "z = w·x + b").read_text("utf-8")
    'z = w·x + b'
    """
    written = Path(path).expanduser()
    target = written.resolve()
    name = one_line(str(written))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"cannot write {name}: there is no directory {one_line(str(target.parent))}; make it first."
        )
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {name}: it is a directory; give the name of a file in it.")
    if target.exists() and not target.is_file():
        raise FileExistsError(f"cannot write {name}: it is no ordinary file; give another name.")
    payload = data.encode() if isinstance(data, str) else data
    _sweep(target.parent)
    partial = target.with_name(PARTIAL.format(secrets.token_hex(8)))
    try:
        file = partial.open("xb")
    except OSError as error:  # which names the new file, of which the caller knows nothing
        raise type(error)(f"cannot write {name}: {error.strerror}; give a name in another directory.") from None
    with file:
        try:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())  # else the new name could outlive a power cut, and the data not
            file.close()  # Windows renames no open file
            os.replace(partial, target)
        except BaseException:  # an interrupt too must leave nothing behind
            file.close()
            partial.unlink(missing_ok=True)
            raise
    return written


def _sweep(folder: Path) -> None:
    """Remove the new files that processes left when they were killed."""
    for left in folder.glob(PARTIAL.format("*")):
        with suppress(OSError):  # another process removes it, or it belongs to another user
            if time.time() - left.stat().st_mtime > DAY:
                left.unlink()
