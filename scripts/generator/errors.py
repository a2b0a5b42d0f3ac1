"""The error of the generator."""


class GenerationFailed(Exception):
    """The document cannot be turned into a complete client."""
