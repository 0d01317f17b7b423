"""`python -m microgradnet` is the command `microgradnet`; what it does stands in `cli`."""

import sys

try:
    from microgradnet.cli.main import main
except KeyboardInterrupt:  # while the commands are loaded
    print("microgradnet: interrupted", file=sys.stderr)
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
