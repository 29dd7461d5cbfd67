"""A trained model that stays loaded and labels texts, with or without Keras."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.errors import InputError
from kbert.results.prediction import Prediction, check_texts
from kbert.serving.export_settings import ExportSettings, is_export
from kbert.serving.run_session import run_session
from kbert.serving.sessions import open_session

if TYPE_CHECKING:
    import numpy as np


class Predictor:
    """Labels texts; one interface to a run, and to what `kbert export` has made of it.

    An ONNX, OpenVINO or LiteRT export needs its runtime, NumPy and tokenizers; Keras is imported
    for a run directory or another folder that holds weights. A predictor may be called by several
    threads at once.

    Args:
        labels: sequence of str. The classes in the order of their numbers.
        compute: function of texts, pairs or None, and a batch size that returns the probabilities
            [texts, labels].

    Example:

    ```python
    predictor = Predictor.load("exports/reviews")
    print(predictor.predict(["A moving story."])[0].label)
    ```
    """

    def __init__(
        self,
        labels: Sequence[str],
        compute: "Callable[[Sequence[str], Sequence[str] | None, int], np.ndarray]",
    ) -> None:
        self.labels = tuple(labels)
        self._compute = compute

    @classmethod
    def load(
        cls, path: str | Path, *, backend: str | None = None, threads: int | None = None
    ) -> "Predictor":
        """Return the predictor of a model.

        Args:
            path: str or Path. The folder of an ONNX, OpenVINO or LiteRT export; a run directory,
                a model folder, a .keras file, or a folder of Google's or Hugging Face's form.
            backend: str or None. What Keras runs on, where it is needed. Defaults to None: see
                `choose_backend`.
            threads: int or None. Threads of an export's runtime. Defaults to None: its choice.

        Raises:
            KbertError: there is no model, it is broken, or what runs it is not installed.
        """
        path = Path(path)
        if not is_export(path):
            return cls._of_weights(path, backend)
        settings = ExportSettings.read(path)
        program = open_session(settings.kind, path / settings.file, threads)
        compute = partial(run_session, program, settings.read_tokenizer(path), settings)
        return cls(settings.labels, compute)

    @classmethod
    def _of_weights(cls, path: Path, backend: str | None) -> "Predictor":
        from kbert.backend.choose_backend import choose_backend, import_keras

        if not path.exists():
            raise InputError("{path} does not exist. Check the path of the model.", path=path)
        choose_backend(backend)
        import_keras()
        from kbert.serving.load_classifier import load_classifier

        model = load_classifier(path)
        alone = threading.Lock()  # Keras makes a model's predict function when it is first called

        def compute(*arguments: Any) -> "np.ndarray":
            with alone:
                return model.predict_proba(*arguments)

        return cls(model.labels.names, compute)

    def predict(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, batch_size: int = 32
    ) -> list[Prediction]:
        """Return the label and the probabilities of each text, or text pair, in their order.

        Args:
            texts: sequence of str.
            pairs: sequence of str, the second texts, or None.
            batch_size: int. Defaults to 32.
        """
        return [
            Prediction.from_probabilities(row, self.labels)
            for row in self.predict_proba(texts, pairs, batch_size)
        ]

    def predict_proba(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, batch_size: int = 32
    ) -> "np.ndarray":
        """Return the probabilities [texts, labels] in the order of the texts; see `predict`."""
        import numpy as np

        check_texts(texts, pairs)
        if len(texts) == 0:
            return np.empty((0, len(self.labels)), np.float32)
        return self._compute(texts, pairs, batch_size)
