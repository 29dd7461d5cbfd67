"""Keras's backends, and its internals: all that depends on which one runs, or on its version."""
