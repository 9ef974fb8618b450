"""The Predict page: the canvas, what the network sees and says, and why."""
