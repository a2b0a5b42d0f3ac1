"""All I/O, written once, asynchronously; `_sync` is derived from it by scripts/derive_sync.py."""
