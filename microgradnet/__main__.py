"""`python -m microgradnet` is the command `microgradnet`; what it does stands in `cli`."""

import sys

from microgradnet.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
