"""The commands that the wheel installs: `helmr`, and the entry points of `helmr-local` and
`helmr-contract`."""
