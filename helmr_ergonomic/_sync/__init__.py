# Derived from helmr_ergonomic/_async/__init__.py. Edit that file, then run `make generate`.
"""All I/O. It is written once, in `_async`; scripts/derive_sync.py derives `_sync` from it."""
