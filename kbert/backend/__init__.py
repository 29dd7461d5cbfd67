"""Keras's backends and internals: all code that depends on the backend or the Keras version."""
