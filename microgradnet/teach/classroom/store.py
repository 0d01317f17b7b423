"""`Store`: the answers of a class, in a file that survives the end of the server at any moment."""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_TABLES = {"settings", "learners", "made"}
_MAKE = """
create table if not exists settings (name text primary key, value text not null);
create table if not exists learners (id text primary key, name text not null, answers text not null);
create table if not exists made (learner text, mistake text, primary key (learner, mistake));
"""


class Learner(NamedTuple):
    """What a learner has written so far: a name, "" without one, and the answers by the number of their blank."""

    name: str
    answers: dict[str, str]


class Store:
    """A file of SQLite: what `save` has returned from is on the disk.

    Args:
        path: the file; made where there is none.
        sheet: the name of the worksheet.

    Attributes:
        learner, teacher: the secrets of the two addresses, the same whenever the file is opened.
        port: of the server that served last; 0 before any did.

    Raises:
        ValueError: the file is no such file, or of another worksheet, or can be neither opened nor made.
    """

    def __init__(self, path: Path, sheet: str) -> None:
        self.path = path
        if path.is_dir():
            raise ValueError(f"{path} is a folder: name a file in it with --keep, as in --keep {path / 'class.sqlite'}")
        try:
            path.touch(0o600)  # its owner's alone: it holds names, and the teacher's address
            with self._open() as file:
                tables = file.execute("select name from sqlite_master where type = 'table'")
                if not _TABLES.issuperset(name for (name,) in tables):
                    raise sqlite3.DatabaseError("it has other tables")
                file.executescript(_MAKE)
                new = {"sheet": sheet, "learner": secrets.token_urlsafe(6), "teacher": secrets.token_urlsafe(12)}
                file.executemany("insert or ignore into settings values (?, ?)", new.items())
                kept = dict(file.execute("select name, value from settings"))
        except OSError as error:
            raise ValueError(f"{path} cannot be opened or made, {error.strerror}: name another with --keep") from None
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} is no file of a class ({error}): name another with --keep") from None
        if kept["sheet"] != sheet:
            raise ValueError(
                f"{path} holds the answers to {kept['sheet']!r}, not to {sheet!r}: name another with --keep"
            )
        self.learner, self.teacher, self.port = kept["learner"], kept["teacher"], int(kept.get("port", 0))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection, whose changes take effect together at the end, or not at all."""
        connection = sqlite3.connect(self.path, timeout=60)  # seconds that one learner waits for another
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def save(self, learner: str, name: str, answers: Mapping[str, str], mistakes: Iterable[str] = ()) -> None:
        """Keep what a learner has written, in place of what was kept before, and that these mistakes were made."""
        with self._open() as file:
            file.execute(
                "insert into learners values (?, ?, ?) on conflict (id) do update "
                "set name = excluded.name, answers = excluded.answers",
                (learner, name, json.dumps(answers)),
            )
            file.executemany("insert or ignore into made values (?, ?)", [(learner, mistake) for mistake in mistakes])

    def remove(self, learner: str) -> None:
        """Drop what is kept of a learner, and the mistakes with it."""
        with self._open() as file:
            file.execute("delete from learners where id = ?", (learner,))
            file.execute("delete from made where learner = ?", (learner,))

    def keep_port(self, port: int) -> None:
        """Remember the port, so that a server started again answers at the addresses that tabs have open."""
        with self._open() as file:
            file.execute("insert or replace into settings values ('port', ?)", (str(port),))
        self.port = port

    def learners(self) -> dict[str, Learner]:
        """Everyone who has written something, by their identifiers, in the order in which they came."""
        with self._open() as file:
            rows = file.execute("select id, name, answers from learners order by rowid").fetchall()
        return {learner: Learner(name, json.loads(answers)) for learner, name, answers in rows}

    def made(self) -> dict[str, int]:
        """How many learners have made each mistake at some time, the most frequent first."""
        with self._open() as file:
            return dict(
                file.execute("select mistake, count(*) as n from made group by mistake order by n desc, mistake")
            )
