"""The proof that the contract tests catch what they should: faults, planted one at a time.

`python scripts/mutants.py` (`make mutants`) plants each fault of two catalogues, the server's and the
client's, into a process of its own and runs the tests until the first one fails. A fault that no test notices
is a test that is missing.

- `patching` has the ways to plant a fault; each refuses when what it changes is not there as it was.
- `wire`, `sessions`, `streams`, `runs`, `events`, `tokens`, `auth` are the server's catalogue, over
  helmr_local.
- `client` is the catalogue over the layer and the generated client.
- `judge` tries one mutant, `runner` all of them.
"""
