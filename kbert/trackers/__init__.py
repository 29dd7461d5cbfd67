"""Trackers: TensorBoard, W&B and MLflow, which receive what a run's own files contain."""
