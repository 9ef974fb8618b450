"""Functions that add operations to a program, checked: one module for each family of operations."""
