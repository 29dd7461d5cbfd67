"""What callbacks observe while a model trains: labels, updates, weights."""
