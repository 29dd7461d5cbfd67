"""Training plans and findings about them. Nothing here needs Keras."""
