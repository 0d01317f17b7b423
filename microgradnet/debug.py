"""The door to `stepping.debugger`: `python -m microgradnet.debug lesson.py`, or `set_trace` for PYTHONBREAKPOINT."""

from microgradnet.stepping.debugger import Debugger, main, set_trace

__all__ = ["Debugger", "main", "set_trace"]

if __name__ == "__main__":
    from microgradnet.debug import main as run  # pdb empties this module, __main__, for the program

    run()
