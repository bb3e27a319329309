"""The part of ``bin/demo`` that runs inside the environment."""

from __future__ import annotations

import sys

from demo_runner.main import main

if __name__ == "__main__":
    sys.exit(main())
