"""The server of `kbert serve`: its HTTP interface, its batches, its processes."""
