"""The columns of learning_rate.csv."""

STEP_COLUMNS = ("step", "epoch", "learning_rate", "loss", "gradient_norm", "update_ratio")
"""What is told of every step; kbert 0.1 had the first four."""
