# Derived from helmr_ergonomic/_async/__init__.py. Do not edit: change that file, then run `make generate`.
"""All I/O, written once, synchronously; `_sync` is derived from it by scripts/derive_sync.py."""
