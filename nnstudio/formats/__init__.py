"""File formats of other tools: read safely, written so that they open there."""
