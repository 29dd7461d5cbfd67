"""Keras backends: everything that depends on which one runs."""
