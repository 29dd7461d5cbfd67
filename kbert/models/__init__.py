"""The classifier, and the weights that it is built from."""
