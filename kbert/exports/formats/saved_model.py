"""TensorFlow's SavedModel, in the folders that TensorFlow Serving looks for.

Keras's `Model.export(format="tf_saved_model")` writes every weight twice, returns logits without
softmax, and writes neither labels nor tokenizer.
"""

from functools import partial
from pathlib import Path
from typing import Any

from kbert.data.padding import INPUTS
from kbert.exports.compare import Compute
from kbert.exports.program_output import program_output
from kbert.serving.export_settings import ExportSettings
from kbert.serving.run_session import run_session
from kbert.serving.sessions import output_name

FILE = "1"  # TensorFlow Serving serves the folder with the greatest number


def write(model: Any, folder: Path, length: int | None, int8: bool) -> None:
    """Write the folder of the first version; Keras runs on TensorFlow."""
    import tensorflow as tf

    output = output_name(model.tokenizer.long_text)

    @tf.function(input_signature=[tf.TensorSpec((None, length), tf.int32, n) for n in INPUTS])
    def serve(token_ids: Any, segment_ids: Any, padding_mask: Any) -> dict[str, Any]:
        inputs = dict(zip(INPUTS, (token_ids, segment_ids, padding_mask), strict=True))
        return {output: program_output(model, inputs)}

    # keras.export.ExportArchive would write every weight twice.
    module = tf.Module()
    module.weights = [variable.value for variable in model.weights]
    tf.saved_model.save(module, str(folder / FILE), signatures=serve)


def reopen(folder: Path, settings: ExportSettings) -> Compute:
    """Return what TensorFlow computes."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder / FILE))
    serve = loaded.signatures["serving_default"]

    def program(feed: Any, _alive: Any = loaded) -> Any:
        return serve(**{n: tf.constant(array) for n, array in feed.items()})[
            settings.output
        ].numpy()

    return partial(run_session, program, settings.read_tokenizer(folder), settings)
