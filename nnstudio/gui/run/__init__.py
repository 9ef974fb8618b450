"""A run as the window knows it: begun, estimated, recorded, resumed, and told about."""
