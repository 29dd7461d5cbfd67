"""Scores and predictions as plain values. Nothing here needs Keras."""
