"""An oracle is a heavy package that nothing here needs: its tests are collected where it is installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["test_torch.py"]
