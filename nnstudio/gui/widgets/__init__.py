"""Small reusable widgets: they know the theme and numbers, and nothing about models or training."""
