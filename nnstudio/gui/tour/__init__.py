"""The five-minute tour: steps that point at the window's real widgets."""
