"""The proof that the contract tests catch what they should: faults, planted one at a time.

`python scripts/mutants.py` (`make mutants`) plants each fault of two catalogues, the server's and the
client's, into a process of its own and runs the tests until the first one fails. A fault that no test notices
is a test that is missing. A fault whose code fails by itself is invalid: what notices it proves nothing.

- `planting` has the ways to plant a fault; each refuses when what it changes is not there.
- `gateway` and `edits` have the ways to change requests and responses at the wire.
- `form`, `starts`, `sessions`, `streams`, `runs`, `events`, `tokens`, `auth` are the server's catalogue.
- `client` is the catalogue over the layer and the generated client.
- `broken` has faults that must be found invalid (`trouble`).
- `judge` tries one mutant, `runner` all of them; `pace` tells a judge that hangs from a machine that is busy.
"""
