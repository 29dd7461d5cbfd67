"""Trackers: TensorBoard, W&B and MLflow, which are sent what a run's own files hold."""
