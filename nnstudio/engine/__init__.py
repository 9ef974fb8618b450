"""Computes: networks, training, checkpoints and analysis. Knows nothing of windows."""
