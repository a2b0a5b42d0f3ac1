"""Plants faults into the local control plane and the client, one at a time; tests must catch each."""

import sys

from helmr_contract.mutants.runner import main

if __name__ == "__main__":
    sys.exit(main())
