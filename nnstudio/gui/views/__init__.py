"""The pages of the window, one folder each, and what they share."""
