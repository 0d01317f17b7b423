r"""Text made safe to stand in an attribute of DOT, with every character drawn as it is written.

Names come from people: `w{1}`, `a|b`, `C:\new`, `</svg>`. Graphviz reads marks of its own in them, by different rules
in a record label and in a tooltip. The package `graphviz` only adds the quotation marks around an attribute, and a
backslash before those in it. Drawing hostile names with Graphviz 2.43 and graphviz-pure 0.2.2 (16.1) gave the rules.

    >>> print(escape_label(r'p{0} | "C:\new" <b> & co'))
    p\{0\} \| "C:\\new" \<b\> &amp; co
"""

import html
import re

from microgradnet._shared.text import NON_BREAKING, clean, one_line

_BLANKS_IN_A_LINE = re.compile(rf"[^\S\n{NON_BREAKING}]+")
_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

_LABEL = str.maketrans({mark: "\\" + mark for mark in "\\{}|<>"} | {"&": "&amp;"})
# Graphviz unescapes a node's tooltip twice and an edge's once. Four backslashes come out as one in both.
_TOOLTIP = str.maketrans({"\\": "\\" * 4, "&": "&amp;", "\n": r"\n"})


def escape_label(text: str) -> str:
    r"""The text for a `label`: one field of a record, or a whole label that is no record.

    It is one line (see `one_line`): record labels cannot hold more white space on every Graphviz.

    >>> escape_label("  two\n words ")
    'two words'
    >>> print(escape_label(r"\N"), escape_label("&amp;"))
    \\N &amp;amp;
    """
    return one_line(text).translate(_LABEL)


def escape_tooltip(text: str) -> str:
    r"""The text for a `tooltip`, of a node, an edge, a cluster or the graph.

    Lines are kept (written `\n`); within a line white space is collapsed as in a label.

    >>> print(escape_tooltip("data 2.0\ngrad <none>"))
    data 2.0\ngrad <none>
    """
    from graphviz import nohtml

    lines = _BLANKS_IN_A_LINE.sub(" ", _LINE_END.sub("\n", text)).split("\n")
    text = clean("\n".join(line.strip(" ") for line in lines).strip("\n"))
    tooltip: str = nohtml(text.translate(_TOOLTIP))  # <b> is no markup
    return tooltip


def escape_html(text: str) -> str:
    r"""The text for a label like HTML, or an attribute in one; lines of a tooltip are kept.

    >>> print(escape_html(r"a < b & C:\new"))
    a &lt; b &amp; C:&#92;&#92;new
    """
    return html.escape(clean(text)).replace("\n", "&#10;").replace("\\", "&#92;" * 2)  # Graphviz unescapes backslashes
