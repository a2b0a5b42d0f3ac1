"""Plants faults into the local control plane and the client, one at a time; tests must catch each."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.mutants.runner import main

if __name__ == "__main__":
    sys.exit(main())
