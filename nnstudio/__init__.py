"""Build, train and understand neural networks."""
