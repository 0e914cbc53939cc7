"""What makes checked-in data. Nothing here runs in a daemon."""
