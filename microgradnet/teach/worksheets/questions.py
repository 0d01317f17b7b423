"""The blanks of a sheet as the pages that mark them know them, and the program that marks them."""

from typing import Any

from microgradnet._shared.reading import reading_script
from microgradnet._shared.webpage import asset
from microgradnet.notation.names import number
from microgradnet.stepping import webpage
from microgradnet.teach.misconceptions.table import MISTAKES, ONCE_PER_PASS, SLIPS
from microgradnet.teach.worksheets import tolerance
from microgradnet.teach.worksheets.quantities import ROUNDING, SHOWN
from microgradnet.teach.worksheets.rules_script import key_of, rules_script
from microgradnet.teach.worksheets.sheet import Sheet


def marking() -> dict[str, Any]:
    """What `marking.js` compares numbers by, as JSON: that of `tolerance` and `grade`."""
    return {
        "marking": {
            **{name: getattr(tolerance, name.upper()) for name in ("relative", "absolute", "nothing", "tie")},
            "digits": tolerance.digits_needed(tolerance.RELATIVE),
            "shown": SHOWN,
            "rounding": ROUNDING,
            "oncePerPass": sorted(ONCE_PER_PASS),
            "slips": {name: slip.text for name, slip in SLIPS.items()},
            "mistakes": {row.name: f"perhaps {row.title}. Remember: {row.why}." for row in MISTAKES.values()},
        },
    }


def marking_script(*sheets: Sheet) -> str:
    """What reads and marks answers, and the graphs of these sheets, before the script of a page that marks answers."""
    own = (asset(__file__, name) for name in ("marking.js", "keeping.js"))
    return "\n".join([reading_script(), asset(webpage.__file__, "engine.js"), rules_script(sheets), *own])


def questions(sheet: Sheet) -> list[dict[str, Any]]:
    """Each blank as JSON."""
    return [
        {
            "number": blank.number,
            "name": blank.name,
            "key": key_of(blank.quantity, sheet.graph),
            "answer": blank.answer,
            "shown": number(blank.answer),
            "hints": blank.hints,
            "working": blank.working,
        }
        for blank in sheet.blanks
    ]
