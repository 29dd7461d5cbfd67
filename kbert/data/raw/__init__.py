"""Raw texts with their labels, in every form that Keras's methods could be given them."""
