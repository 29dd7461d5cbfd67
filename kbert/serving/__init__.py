"""Trained models at work, without Keras."""
