"""The stack editor: the network as a list of cards, and the palette that fills it."""
