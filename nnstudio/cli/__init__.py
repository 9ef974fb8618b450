"""The command line. Never imports Qt, and imports the engine only in the command that needs it."""

from nnstudio.cli.main import main

__all__ = ["main"]
