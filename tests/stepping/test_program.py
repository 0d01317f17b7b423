"""The lines of the program that a page lists."""

import linecache

import pytest

from microgradnet import Value
from microgradnet.graph import Graph
from microgradnet.stepping.program import program_of
from microgradnet.stepping.tracing import trace_source


def test_a_file_that_cannot_be_read_lists_nothing() -> None:
    namespace: dict[str, Value] = {}
    with trace_source():
        exec(compile("from microgradnet import Value\nx = Value(2.0) * 3", "<nowhere>", "exec"), namespace)
    assert namespace["x"].source.line == 2
    assert program_of(Graph(namespace["x"]).nodes) == []


@pytest.mark.parametrize("lines", [4, 200])
def test_lines_far_apart_are_blocks_and_too_many_are_left_out(lines: int) -> None:
    code = "from microgradnet import Value\nx = Value(2.0)\n" + ("\n" * 9 + "x = x * 2\n") * lines
    linecache.cache["far.py"] = (len(code), None, code.splitlines(keepends=True), "far.py")
    namespace: dict[str, Value] = {}
    with trace_source():
        exec(compile(code, "far.py", "exec"), namespace)
    blocks = program_of(Graph(namespace["x"]).nodes)
    assert len(blocks) == min(lines + 1, 120)
    assert [block[0]["text"] for block in blocks[:2]] == ["x = Value(2.0)", "x = x * 2"]
    assert blocks[1][0] == {"place": "far.py:12", "number": 12, "text": "x = x * 2"}
