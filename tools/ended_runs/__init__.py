"""End every verb before each of its changes, and see that the next command puts it right."""
