"""The commands that the wheel installs: `helmr`, and how `helmr-local` and `helmr-contract` begin."""
