"""A trained model that stays loaded and labels texts, with or without Keras."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.choices import DeviceCount
from kbert.data.inspection.unknown_tokens_watch import UnknownTokensWatch
from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.interop.source import Source
from kbert.interop.sources import find_source
from kbert.results.any_prediction import AnyPrediction
from kbert.results.given_texts import as_texts
from kbert.results.prediction import check_outputs
from kbert.serving.export_source import Export
from kbert.targets.abstention import Abstain, Abstention
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.counts import check_count
from kbert.utils.label_names import label_names
from kbert.utils.say import say

if TYPE_CHECKING:
    import numpy as np

    from kbert.models.bert_classifier import BertClassifier
    from kbert.serving.predicted_table import PredictedTable


class Predictor:
    """Labels texts: one interface to runs, other models with weights, and exported programs.

    An ONNX, OpenVINO or LiteRT export needs its runtime, NumPy and tokenizers; Keras is imported
    for a run directory or another folder that holds weights. A predictor may be called by several
    threads at once.

    Args:
        labels: sequence of str. The classes in the order of their numbers.
        compute: function of texts, pairs or None, and a batch size. It returns the probabilities
            [texts, labels].
        model: BertClassifier or None. The model that computes, if there is one. Defaults to None.
        tokenizer: Tokenizer or None. The tokenizer of an exported program: if most of the tokens of
            a call are [UNK], an `UnknownTokensWarning` is issued, once. Defaults to None: there is
            no warning, or the model issues it.
        target: Target or None. What a label is. Defaults to None: that of the model, or one class.

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
        model: "BertClassifier | None" = None,
        tokenizer: Tokenizer | None = None,
        target: Target | None = None,
    ) -> None:
        self.labels = label_names(labels, Option("labels"))
        self.model = model
        self.target = target or (Single() if model is None else model.target)
        self._compute = compute
        self._watch = None if tokenizer is None else UnknownTokensWatch(tokenizer)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        backend: str | None = None,
        threads: int | None = None,
        devices: DeviceCount | None = None,
    ) -> "Predictor":
        """Return the predictor of a model.

        Args:
            path: str or Path. The folder of an ONNX, OpenVINO or LiteRT export; a run, a model
                folder, a .keras file, or another source with a head; see `find_source`.
            backend: str or None. The Keras backend, if Keras is needed. Defaults to None: see
                `choose_backend`.
            threads: int or None. Threads of an export's runtime. Defaults to None: the runtime
                decides.
            devices: int, "all" or None. The devices that share each batch, on JAX and TensorFlow.
                Defaults to None: one.

        Raises:
            InputError: there is no model, it is broken, its runtime is not installed, or there are
                not enough devices.
        """
        source = find_source(path, predicts=True)
        if threads is not None and not isinstance(source, Export):
            raise _unused("threads", worded("exported programs"), source)
        if backend is not None and isinstance(source, Export):
            raise _unused("backend", worded("models that Keras computes"), source)
        if devices is not None and isinstance(source, Export):
            raise _unused("devices", worded("models that Keras computes"), source)
        for finding in source.findings():
            say(str(finding), to="stderr")
        compute, labels = source.session(threads), source.labels()
        if compute is None or labels is None:
            return cls._from_weights(source, backend, devices)
        return cls(labels, compute, tokenizer=source.tokenizer(), target=source.target())

    @classmethod
    def _from_weights(
        cls, source: Source, backend: str | None, devices: DeviceCount | None
    ) -> "Predictor":
        from kbert.backend.choose_backend import choose_backend, import_keras
        from kbert.backend.devices import built_on_devices, on_devices_of
        from kbert.plans.device_count import device_count

        chosen = choose_backend(backend)
        data = source.read()  # errors are raised before Keras is imported
        count = None if devices is None else device_count(devices, chosen)
        import_keras()
        from kbert.models.bert_classifier import BertClassifier
        from kbert.models.build_classifier import build_classifier

        with built_on_devices(count, leave=True):
            model = build_classifier(BertClassifier, data)
        lock = threading.Lock()  # Keras makes a model's predict function on the first call

        def compute(*arguments: Any) -> "np.ndarray":
            with lock, on_devices_of(model):
                return model.predict_proba(*arguments)

        return cls(model.labels.names, compute, model)  # the model itself warns of unknown tokens

    def predict(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        batch_size: int = 32,
        abstain: Abstain | None = None,
    ) -> list[AnyPrediction]:
        """Return the prediction for each text, or text pair, in their order.

        Each is a `Prediction`; for several labels it is a `MultiPrediction`, for numbers a
        `NumberPrediction`.

        Args:
            texts: list, NumPy array, pandas Series or another iterable of str.
            pairs: the second texts, in the same form, or None.
            batch_size: int. Defaults to 32.
            abstain: float, "NAME=P,..." or a dict of float by class. If the probability of the
                predicted class is lower, the label is empty and `abstained` is True. A class that
                is not named is always predicted. Defaults to None: every text gets a label.

        Raises:
            InputError: a text is not a string, or is blank; `abstain` is not from 0 to 1, or names
                a class that the model does not have; or the model does not predict one class per
                text.
        """
        limits = None if abstain is None else Abstention.of(abstain, self.labels, self.target)
        rows = self.predict_proba(texts, pairs, batch_size)
        found = [self.target.prediction(row, self.labels) for row in rows]
        return found if limits is None else [limits.applied(one) for one in found]

    def predict_table(
        self,
        source: Any,
        *,
        keep_columns: str | Sequence[str] = "all",
        batch_size: int = 32,
        **reading: Any,
    ) -> "PredictedTable":
        """Return the rows of a file or a data frame with their predictions, computed lazily.

        Args:
            source: anything that `read_examples` takes.
            keep_columns: "all", "none", or the names of the source's columns to keep beside the
                predictions, as a list or separated by commas. Defaults to "all".
            batch_size: int. Defaults to 32.
            **reading: how the source is read; see `read_examples`.

        Raises:
            InputError: the source cannot be read, or a column cannot be kept.

        Example:

        ```python
        import numpy as np

        shares = np.array([[0.1, 0.9]])
        predictor = Predictor(["bad", "good"], lambda texts, *_: shares.repeat(len(texts), 0))
        table = predictor.predict_table({"id": ["007"], "text": ["A joy."]})  # or "new.csv"
        table.write("labelled.csv")
        assert [(row["id"], row["label"]) for row in table] == [("007", "good")]
        ```
        """
        from kbert.data.reading.kept_columns import KeptColumns
        from kbert.data.reading.reading_options import ReadingOptions
        from kbert.serving.predicted_table import PredictedTable
        from kbert.serving.write_predictions import check_cell

        check_count("batch_size", batch_size)
        options = ReadingOptions(**reading)
        examples = options.read(source, need_label=False)
        kept = KeptColumns.find(
            source, options.layout(), keep_columns, lambda cell: check_cell(cell, "csv")
        )
        return PredictedTable(self.predict, examples, kept, batch_size=batch_size)

    def predict_proba(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, batch_size: int = 32
    ) -> "np.ndarray":
        """Return the probabilities [texts, labels] in the order of the texts; see `predict`."""
        import numpy as np

        check_count("batch_size", batch_size)
        firsts, seconds = as_texts(texts, pairs)
        if not firsts:
            return np.empty((0, len(self.labels)), np.float32)
        if self._watch is not None:
            self._watch.look(firsts, seconds)
        rows = self._compute(firsts, seconds, batch_size)
        check_outputs(rows)
        return rows


def _unused(option: str, kind: str, source: Source) -> InputError:
    return InputError(
        "{option} is for {kind}; {name} is {what}. Leave it out.",
        option=Option(option),
        kind=kind,
        name=source.name,
        what=source.kind,
    )
