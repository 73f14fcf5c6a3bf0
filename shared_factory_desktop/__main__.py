"""Entry point: without arguments the window opens, else the command line runs."""

from __future__ import annotations

import sys

from shared_factory_desktop.bootstrap import run


def main() -> int:
    """Run the program; gives its exit status."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
