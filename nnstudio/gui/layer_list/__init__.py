"""The list that layers are dragged from, wide and narrow."""
