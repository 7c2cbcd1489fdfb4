"""``python -m rtstore``: the same as the ``rtstore`` command."""

from __future__ import annotations

import sys

from rtstore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
