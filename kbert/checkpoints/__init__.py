"""Checkpoints: what a training needs to go on exactly, written whole or not at all."""
