"""Readers: labelled files and objects in memory become `Examples`."""
