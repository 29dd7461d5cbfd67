"""Which settings win: the same data sets, seeds and rows for each setting, and for other tools."""
