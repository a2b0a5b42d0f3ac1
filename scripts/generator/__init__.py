"""What `scripts/generate.py` prepares in Python, so that the templates only lay it out."""
