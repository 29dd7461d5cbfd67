"""A module per format."""
