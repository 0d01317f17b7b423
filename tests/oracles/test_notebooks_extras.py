"""The committed notebooks that need scikit-learn say what a run from a clean kernel says."""

import pytest

from tests.notebooks import NEED_EXTRAS, NOTEBOOKS, differences, execute


@pytest.mark.parametrize("name", NEED_EXTRAS)
def test_a_committed_notebook_says_what_a_fresh_run_says(name: str) -> None:
    committed = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not (found := differences(committed, execute(committed))), "\n\n".join(found)
