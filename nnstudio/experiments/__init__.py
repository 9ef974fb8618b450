"""Runs on disk and presets: what surrounds a training run."""
