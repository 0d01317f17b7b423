"""`begin`: Python in a browser, which runs one program after another, each as if Python had just been started."""

import io
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from threading import Lock
from types import ModuleType

from microgradnet.drawing.groups import Group
from microgradnet.playground.observing import importable
from microgradnet.playground.runner import answer
from microgradnet.value import Value


def begin() -> Callable[[str, Callable[[str], object]], str]:
    """Make Python ready for programs; the function that answers requests in JSON, as `runner.answer` does."""
    free_one_by_one()
    importable()
    restore = remember()

    def answer_afresh(request: str, heard: Callable[[str], object]) -> str:
        sys.stdin = io.StringIO()  # nobody types to a program, and exit() closes it
        random.seed()
        try:
            return json.dumps(answer(json.loads(request), heard))
        finally:
            restore()

    return answer_afresh


def remember() -> Callable[[], None]:
    """Note the modules that are loaded, with their names, and the attributes of this package's classes.

    Returns:
        A function that makes all of them as they are now. What it does not undo are changes within a list, a dictionary
        or a class of another package, and files.
    """
    modules, path = dict(sys.modules), [*sys.path]
    loaded: list[object] = [*modules.values()]  # in a browser `js` is no module of Python's
    names = [vars(module) for module in loaded if isinstance(module, ModuleType)]
    held = [(now, {**now}) for now in names]
    everything = {one for now in names for one in now.values() if isinstance(one, type)}
    ours = [one for one in everything if str(one.__module__).startswith("microgradnet")]
    classes = [(one, {**vars(one)}) for one in ours]

    def restore() -> None:
        for now, then in held:
            now.update(then)
        for now, then in held:
            for name in now.keys() - then:
                del now[name]
        for one, attributes in classes:
            for name in vars(one).keys() - attributes:
                delattr(one, name)
            for name, attribute in attributes.items():
                if vars(one).get(name) is not attribute:
                    setattr(one, name, attribute)
        for name in sys.modules.keys() - modules:
            del sys.modules[name]
        sys.modules.update(modules)
        sys.path[:] = path

    return restore


_waiting: list[object] = []  # operands that nothing else may hold, to be freed after what was computed from them
_freeing = Lock()  # held while they are


def free_one_by_one() -> None:
    """From now on a value, or a box of a picture, that is freed frees its operands after itself, not while it is freed.

    CPython does so near the end of its stack. In a browser it does not know where that is, and a chain of 3,000 values
    that a program drops would end it.
    """
    Value.__del__ = _free_value  # type: ignore[attr-defined]
    Group.__del__ = _free_group  # type: ignore[attr-defined]


def _free_value(value: Value) -> None:
    _waiting.extend(getattr(value, "operands", ()))  # it has none if it was refused while it was made
    value.operands = ()
    _free()


def _free_group(group: Group) -> None:
    _waiting.extend(group.uses)
    group.uses = Counter()
    _free()


def _free() -> None:
    if _freeing.acquire(blocking=False):
        try:
            while _waiting:
                _waiting.pop()
        finally:
            _freeing.release()
