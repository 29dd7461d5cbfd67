"""Google's WordPiece tokenizer and its settings. Nothing here needs Keras."""
