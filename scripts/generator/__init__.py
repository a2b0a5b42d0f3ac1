"""Prepares the input of the templates for `scripts/generate.py`, so that the templates contain layout
only."""
