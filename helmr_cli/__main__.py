"""`python -m helmr_cli` runs the `helmr` command."""

import sys

from .main import main

sys.exit(main())
