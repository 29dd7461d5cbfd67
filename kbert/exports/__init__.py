"""Exports: a model written for other programs, reopened there and compared."""
