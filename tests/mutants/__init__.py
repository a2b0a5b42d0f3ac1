"""Mutation testing: faults, planted one at a time, prove that the contract tests catch them.

`python scripts/mutants.py` (`make mutants`) plants each fault of two catalogues, the server's and the
client's, in a separate process and runs the tests until one fails. A fault that no test catches means that a
test is missing. A fault whose own code crashes is invalid, because a test that fails on the crash proves
nothing.

- `planting` has the functions that plant a fault: they change a function, its arguments or result, a slot
or a constant. Each raises an error if that is missing.
- `gateway` and `edits` change requests and responses on the wire.
- `form`, `starts`, `sessions`, `streams`, `runs`, `events`, `tokens`, `auth` are part of the server's
catalogue.
- `client` is the catalogue of the layer and the generated client, in one module per topic.
- `broken` has faults that must be detected as invalid (`trouble`).
- `judge` tries one mutant, `runner` all of them. `pace` distinguishes a hanging judge from a busy machine.
"""
