"""An oracle is a heavy package, or needs one of the system's: its tests are collected where it works, as in .ci/run."""

from importlib import import_module
from importlib.util import find_spec


def works(name: str) -> bool:
    """Whether it can be imported: cairosvg, say, may be there without the cairo library."""
    try:
        return find_spec(name) is not None and bool(import_module(name))
    except OSError:
        return False


NEEDS = {
    "test_array_api": "array_api_strict",
    "test_cairosvg": "cairosvg",
    "test_compiled_torch": "torch",
    "test_estimators": "sklearn",
    "test_exporting": "onnxruntime",
    "test_fused": "llvmlite",
    "test_fused_loops": "llvmlite",
    "test_fuzz": "jax",  # and numba and torch, which the same extra installs
    "test_jax": "jax",
    "test_jax_devices": "jax",
    "test_notebooks_extras": "sklearn",
    "test_layers_torch": "torch",
    "test_numba": "numba",
    "test_scikit_learn": "sklearn",
    "test_torch": "torch",
    "test_training_torch": "torch",
    "test_widget": "anywidget",
}
collect_ignore = [f"{test}.py" for test, name in NEEDS.items() if not works(name)]
if not works("sklearn"):  # the extra `applications`, which the oracles bring too
    collect_ignore.append("applications")
