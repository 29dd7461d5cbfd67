"""Checkpoints: what a run needs to resume exactly, written completely or not at all."""
