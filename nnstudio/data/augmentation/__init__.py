"""Variations of training samples: one operation per file, put together by the augmenter."""
