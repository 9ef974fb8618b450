"""Projects as files: opened, saved, kept through a crash, and who may write them."""
