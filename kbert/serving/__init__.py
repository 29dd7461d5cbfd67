"""Trained models at work, with Keras and without."""
