"""Prediction with trained models, with and without Keras."""
