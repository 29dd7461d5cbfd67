"""From a labelled file to batches; only `batches` and `epoch_setter` need Keras."""
