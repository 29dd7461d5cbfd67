"""What people look at: curves in the terminal, plots."""
