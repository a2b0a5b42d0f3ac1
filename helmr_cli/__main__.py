"""`python -m helmr_cli` runs the command `helmr`."""

import sys

from .main import main

sys.exit(main())
