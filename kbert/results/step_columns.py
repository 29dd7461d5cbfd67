"""The columns of learning_rate.csv."""

STEP_COLUMNS = ("step", "epoch", "learning_rate", "loss", "gradient_norm", "update_ratio")
"""What is recorded for every step; kbert 0.1 had the first four."""
