"""What F1 and the Help menu show."""
