"""The parts that generated forms are made of: editors, rows and the words they use."""
