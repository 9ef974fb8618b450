"""The desktop studio: everything that imports Qt lives below this package."""
