"""Run the command line as ``python -m condrec``."""

from condrec.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
