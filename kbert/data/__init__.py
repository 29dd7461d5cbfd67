"""From a labelled file to batches; nothing here but `batches` needs Keras."""
