"""The Evaluate page: the confusion matrix, its images, the classes, and what can be taken away."""
