"""Text made fit to be shown: only drawable characters, on one line, no longer than its room."""

import re
import textwrap
import unicodedata
from collections.abc import Collection
from difflib import get_close_matches

NON_BREAKING = "\u00a0\u2007\u202f"
_WHITE_SPACE = re.compile(rf"[^\S{NON_BREAKING}]+")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"  # controls, halves of pairs, noncharacters
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line separators and directions, which rearrange the text
    r"\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"  # of no width
)

_ASCII = str.maketrans("−·×∂—–⁄│├└┌─▶┤▁▂▃▄▅▆▇█␣", "-**d--/||`,->|_.-=+*##_") | str.maketrans(
    {"→": "->", "√": "sqrt", "σ": "sigma", "Σ": "Sum", "≤": "<=", "≥": ">=", "α": "alpha", "η": "eta"}
)
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")


def clean(text: str) -> str:
    r"""The text with `U+FFFD` for each character that is not seen: one that no font draws or that steers a terminal.

    Those are control characters other than tab and line ends, marks of direction, characters of no width other than
    joiners, lone surrogates and noncharacters. They are replaced, not dropped: two names that differ in one of them
    must not look alike without a sign. Text of others (a name, label, heading or path) passes through this or
    `one_line` before it reaches a terminal or an error message.

    >>> clean("bell\x07, half a pair\ud800, \u202edesrever")
    'bell\ufffd, half a pair\ufffd, \ufffddesrever'
    """
    return _INVISIBLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    r"""The text, clean, with one space for each run of white space (line ends too) and none at either end.

    Non-breaking spaces are kept, so they are the way to ask for more.

    >>> one_line("  two\n words ")
    'two words'
    """
    return clean(_WHITE_SPACE.sub(" ", text).strip(" "))


def shorten(text: str, width: int = 40) -> str:
    """The text in at most `width` characters: both ends, and `…` for the middle.

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


def plain(text: str) -> str:
    """The text in ASCII, with stand-ins for the signs of equations: a name as it can be typed.

    >>> plain("∂z₁/∂w₁ = −x₁²")
    'dz1/dw1 = -x1^2'
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _RAISED.sub(r"^\g<0>", text)).translate(_ASCII)


def wrapped(text: str) -> str:
    """The text in lines of at most 88 characters, all but the first indented."""
    return textwrap.fill(text, 88, subsequent_indent="  ")


def counted(count: int, noun: str, plural: str = "") -> str:
    """How many there are, in words.

    >>> counted(1, "node"), counted(2000, "box", "boxes")
    ('1 node', '2,000 boxes')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def with_article(noun: str) -> str:
    """The noun after "a" or "an".

    >>> with_article("float"), with_article("int"), with_article("MLP")
    ('a float', 'an int', 'an MLP')
    """
    vowels = "AEFHILMNORSX" if noun[:2].isupper() else "aeioAEIO"  # letters that are named one by one: an M, a U
    return f"{'an' if noun[:1] in tuple(vowels) else 'a'} {noun}"


def suggestion(text: str, names: Collection[str]) -> str:
    """The end of a message that `text` is unknown: the nearest of the names, or the first few.

    >>> suggestion("stp", ["step", "back"])
    "did you mean 'step'?"
    """
    known = list(names)
    if near := closest(text, known):
        return f"did you mean {near!r}?"
    return f"there are {', '.join(known[:8])}{', …' if len(known) > 8 else ''}"


def closest(text: str, names: Collection[str]) -> str:
    """The name that `text` is most like, in the same case or else in any, dashes before it apart; "" for none.

    >>> closest("lettre", ["A4", "Letter"]), closest("Valu", ["Value", "value"]), closest("foo", ["xor", "moons"])
    ('Letter', 'Value', '')
    """
    text, known = shorten(text, 100).lstrip("-"), {name.lstrip("-"): name for name in names}
    folded = {bare.lower(): name for bare, name in known.items()}
    for written, among in ((text, known), (text.lower(), folded)):
        if near := get_close_matches(written, among, n=1):
            return among[near[0]]
    return ""
