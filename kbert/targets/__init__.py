"""What labels are: the classes of a data set, and what the cells of other labels hold."""
