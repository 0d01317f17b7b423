"""`microgradnet` and `python -m microgradnet`: load the command line, which stands in `cli`, and run it."""

import sys


def main() -> int:
    """Run the command of `sys.argv`; its exit code."""
    try:
        from microgradnet.cli.main import main  # takes a third of a second, in which Ctrl-C is pressed too

        return main()
    except KeyboardInterrupt as stop:  # what it says, if anything, is how to go on
        print(": ".join(["microgradnet: interrupted", *map(str, stop.args)]), file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
