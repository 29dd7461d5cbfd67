"""Raw texts with their labels, in every form that can be passed to Keras's methods."""
