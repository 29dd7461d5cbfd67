"""Sweeps: settings compared by the mean of several seeds."""
