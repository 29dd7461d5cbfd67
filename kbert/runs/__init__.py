"""A run: its directory, and how one comes to be."""
