"""Runs: their directories, and how they are trained, resumed and continued."""
