"""Files written whole or not at all, in the format that their suffix names."""

import os
import secrets
from collections.abc import Collection
from pathlib import Path


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
            f"cannot save {what} as {os.fspath(path)!r}: its suffix is {suffix or 'missing'}; "
            f"give a name that ends in one of {', '.join(f'.{format}' for format in formats)}"
        )
    return suffix[1:]


def write_atomically(path: str | os.PathLike[str], data: bytes | str) -> Path:
    """Write `data` (text as UTF-8) to `path` in one step, and return the path with `~` expanded.

    The data goes to a new file in the same directory, which then takes the name: a reader sees the old file or the
    new one, never half of one, and a failure leaves the old one unchanged. `open` makes the new file, so the umask
    decides its permissions as for any other; a symbolic link stays and its target is replaced.

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
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {written}: there is no directory {target.parent}; make it first.")
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {written}: it is a directory; give the name of a file in it.")
    if target.exists() and not target.is_file():
        raise FileExistsError(f"cannot write {written}: it is no ordinary file; give another name.")
    payload = data.encode() if isinstance(data, str) else data
    partial = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        file = partial.open("xb")
    except OSError as error:  # which names the new file, of which the caller knows nothing
        raise type(error)(f"cannot write {written}: {error.strerror}; give a name in another directory.") from None
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
