# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The classes of the resources, for use with asyncio."""
