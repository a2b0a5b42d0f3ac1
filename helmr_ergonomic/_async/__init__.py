"""All I/O. It is written once, in `_async`; scripts/derive_sync.py derives `_sync` from it."""
