"""Where weights come from, and the classifier built on them."""
