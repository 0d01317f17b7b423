"""`story()`: one page, a chapter for each worked example, a question for each of its numbers."""

import html
import sys
from collections.abc import Iterable

from microgradnet._shared.arguments import named
from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example
from microgradnet.teach.worksheets import Worksheet, worksheet
from microgradnet.teach.worksheets.questions import marking, marking_script, questions

MOST = 16  # questions of a chapter
HIDDEN = (("values", "grads"), ("grads",), ("values",))
"""What a chapter asks for: both passes, or as much of them as it has room for."""
SCREEN = (640, 480)  # points that a picture may fill


class StoryPage(WebPage):
    """A page that asks for each number of a graph before it shows it, forward and backward, one example a chapter."""

    _height = 860

    def __init__(self, examples: Iterable[Example]) -> None:
        self.title = "The story of backpropagation"
        self._chapters = [(example, _sheet(example)) for example in examples]

    def _paint(self) -> bytes | None:
        return self._chapters[0][1].picture()._repr_png_()

    def _write(self) -> str:
        chapters = "\n".join(_chapter(*each) for each in self._chapters)
        template, style, script = (asset(__file__, f"story.{kind}") for kind in ("html", "css", "js"))
        body = fill(template, {"title": html.escape(self.title), "chapters": chapters})
        data = marking() | {
            "chapters": [{"title": example.title, "blanks": questions(sheet)} for example, sheet in self._chapters]
        }
        return document(self.title, body, style, marking_script(*(sheet for _, sheet in self._chapters)) + script, data)


def story(*names: str) -> StoryPage:
    """The worked examples of these names as a story; all of them, in the order of the lesson, without one.

    Each chapter asks for the numbers of a graph one by one, first forward, then backward: "what will w₁.grad be?" A
    wrong answer is compared with what common misconceptions give, and answered by the one that gives it.

    Returns:
        A page: `.save("story.html")` writes it; a notebook shows it.

    Raises:
        ValueError: there is no example of a name.

    >>> story("neuron")
    <StoryPage 'The story of backpropagation'>
    """
    return StoryPage([named(name, EXAMPLES, "worked example") for name in names or EXAMPLES])


def _sheet(example: Example) -> Worksheet:
    sheets = (worksheet(example.build(), hide, title=example.title, name=example.name) for hide in HIDDEN)
    return next(sheet for sheet in sheets if len(sheet.blanks) <= MOST)


def _chapter(example: Example, sheet: Worksheet) -> str:
    lesson = sys.modules[example.build.__module__].__doc__ or ""
    text = "".join(map(_paragraph, lesson.strip().split("\n\n")))
    (picture,) = sheet.svgs_in(SCREEN)
    return (
        f'<section class="chapter" hidden>\n<div class="lesson">{text}</div>\n'
        f'<div class="picture" tabindex="0" role="region" aria-label="The graph">{picture}</div>\n</section>'
    )


def _paragraph(text: str) -> str:
    """Prose, which ends with a full stop, or formulas in lines."""
    kind = "" if text.endswith(".") else ' class="code"'
    return f"<p{kind}>{html.escape(text.strip())}</p>"
