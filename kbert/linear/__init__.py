"""Linear models on features that are not trained: what fine-tuning has to beat."""
