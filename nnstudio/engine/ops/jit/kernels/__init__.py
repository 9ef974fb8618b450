"""What is compiled to machine code; the cache on disk depends on exactly these files."""
