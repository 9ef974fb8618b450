"""What a project *is*: immutable specs, their shapes and their history. Plain data, no arrays."""
