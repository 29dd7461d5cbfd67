"""From a labelled file to batches; most of it needs no Keras."""
