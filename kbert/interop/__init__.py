"""Models of other programs, read and written as arrays."""
