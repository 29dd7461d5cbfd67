"""Kill every verb before each of its changes, and check that the next command recovers."""
