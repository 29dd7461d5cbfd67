"""Where the runs of a sweep are trained: processes here, or tasks of a Ray cluster."""
