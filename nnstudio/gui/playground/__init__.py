"""The 2-D playground: a decision surface, its points, and what can be set about them."""
