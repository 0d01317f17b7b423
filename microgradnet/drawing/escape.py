r"""Text made safe to stand in DOT, so that every character is drawn as it was written.

Names come from people: `w{1}`, `a|b`, `C:\new`, `</svg>`. Graphviz reads marks of its own in them, and it reads the
text of a record label and that of a tooltip by different rules. Here each rule is written once. What goes into a
label, and where, is left to the views; what is done with the SVG afterwards, to `picture`.

The rules below were found by drawing hostile names with Graphviz 2.43 and with graphviz-pure 0.2.2 (16.1).

Doctest:

    >>> print(escape_label(r'p{0} | "C:\new" <b> & co'))
    p\{0\} \| \"C:\\new\" \<b\> &amp; co
"""

import re

NON_BREAKING = "\u00a0\u2007\u202f"
_WHITE_SPACE = re.compile(rf"[^\S{NON_BREAKING}]+")
_BLANKS_IN_A_LINE = re.compile(rf"[^\S\n{NON_BREAKING}]+")
_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNDRAWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_LABEL = str.maketrans({mark: "\\" + mark for mark in '\\{}|<>"'} | {"&": "&amp;"})
# Graphviz unescapes a node's tooltip twice and an edge's once. Four backslashes come out as one in both.
_TOOLTIP = str.maketrans({"\\": "\\" * 4, '"': r"\"", "&": "&amp;", "\n": r"\n"})


def clean(text: str) -> str:
    r"""The text with `U+FFFD` for each character that XML forbids or that no font can draw.

    Those are control characters other than tab and line ends, lone surrogates, `U+FFFE` and `U+FFFF`. They are
    replaced, not dropped: two names that differ in one of them must not look alike without a sign.

    >>> clean("bell\x07, half a pair\ud800")
    'bell\ufffd, half a pair\ufffd'
    """
    return _UNDRAWABLE.sub("\ufffd", text)


def escape_label(text: str) -> str:
    r"""The text as it must stand in `label="..."`: one field of a record, or a whole label that is no record.

    A run of white space (line ends too) is one space, and there is none at either end: record labels cannot hold
    more on every Graphviz. Non-breaking spaces are kept, so they are the way to ask for more.

    >>> escape_label("  two\n words ")
    'two words'
    >>> print(escape_label(r"\N"), escape_label("&amp;"))
    \\N &amp;amp;
    """
    return clean(_WHITE_SPACE.sub(" ", text).strip(" ")).translate(_LABEL)


def escape_tooltip(text: str) -> str:
    r"""The text as it must stand in a quoted `tooltip="..."`, of a node, an edge, a cluster or the graph.

    Lines are kept (written `\n`); within a line white space is collapsed as in a label.

    >>> print(escape_tooltip("data 2.0\ngrad \"none\""))
    data 2.0\ngrad \"none\"
    """
    lines = _BLANKS_IN_A_LINE.sub(" ", _LINE_END.sub("\n", text)).split("\n")
    return clean("\n".join(line.strip(" ") for line in lines).strip("\n")).translate(_TOOLTIP)


def shorten(text: str, width: int = 40) -> str:
    """The text in at most `width` characters: both ends, and `…` for what was cut from the middle.

    The ends are kept because names of one graph tend to differ there (`layer1.neuron12.w3`). Shorten first and
    escape afterwards, else an escape may be cut in two.

    Raises:
        ValueError: `width` is less than 1.

    >>> shorten("hidden_layer_1.neuron_12.weight_3", 20)
    'hidden_lay….weight_3'
    """
    if width < 1:
        raise ValueError(f"shorten got width {width}; a width is 1 or more characters; leave it out for 40.")
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return text[: width - 1 - tail] + "…" + text[len(text) - tail :]
