# Derived from helmr_ergonomic/_async/__init__.py. Do not edit: change that file, then run `make generate`.
"""All I/O. It is written once, in `_async`; scripts/derive_sync.py derives `_sync` from it."""
