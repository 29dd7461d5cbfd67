"""A Keras model that classifies texts: training, evaluation and prediction."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kbert.backend.batch_share import ALONE
from kbert.backend.devices import whole_on_each
from kbert.backend.few_shapes import few_shapes
from kbert.choices import Packing
from kbert.data.batches import Batches
from kbert.data.class_weights import ClassWeight
from kbert.data.inspection.unknown_tokens_watch import UnknownTokensWatch
from kbert.data.reading.examples import Examples
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.token_store import TokenStore
from kbert.findings import Option
from kbert.interop.segments import check_segments
from kbert.models.check_input import check_input
from kbert.models.fit_checks import fit_arguments
from kbert.models.prepared_fit import prepared_fit
from kbert.models.raw_fit import batches_of_evaluate, batches_of_predict
from kbert.models.raw_texts import find_texts
from kbert.models.share_batches import share_batches
from kbert.models.text_batches import text_batches
from kbert.models.training_terms import TrainingTerms
from kbert.plans.training_plan import TrainingPlan
from kbert.results.any_prediction import AnyPrediction
from kbert.results.given_texts import as_texts
from kbert.results.prediction import check_outputs
from kbert.targets.abstention import Abstain, Abstention
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.techniques.known_techniques import objectives_of
from kbert.techniques.objective import Objective
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.counts import check_count
from kbert.utils.progress import advance, is_reported


class TextModel(keras.Model):
    """A `keras.Model` with labels and a tokenizer, whose outputs are logits [rows, labels]."""

    labels: Labels
    target: Target
    tokenizer: Tokenizer
    max_length: int
    num_segments: int
    temperature: float
    _terms: TrainingTerms | None = None

    @cached_property
    def _watch(self) -> UnknownTokensWatch:
        return UnknownTokensWatch(self.tokenizer)

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        *,
        objectives: Sequence[Objective | dict[str, Any]] = (),
        **kwargs: Any,
    ) -> None:
        """Configure training as `keras.Model.compile` does, with the loss of a classifier.

        Args:
            optimizer: see `create_optimizer`.
            loss: Defaults to None: the loss of the model's target. For one class, it is the
                cross-entropy of integer labels from logits.
            objectives: sequence of Objective, such as `RDrop(1.0)`. Terms that are added to the
                loss in training; the metric `task_loss` is the loss without them. Defaults to none.
            **kwargs: as in `keras.Model.compile`.

        Raises:
            InputError: `objectives` contains anything else, or this model cannot be trained with
                one of them.
        """
        if loss is None:
            loss = self.target.loss()
        given = objectives_of(objectives)
        super().compile(optimizer=optimizer, loss=loss, **kwargs)
        self._terms = TrainingTerms(self, given) if given else None

    def get_compile_config(self) -> dict[str, Any]:
        """Return what the model was compiled with as plain data."""
        config: dict[str, Any] = super().get_compile_config()
        if self._terms is None:
            return config
        return {**config, "objectives": [one.to_dict() for one in self._terms.objectives]}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile the model as it was compiled when it was saved."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[Any]:
        """The metrics of the model, and `task_loss` if it has objectives."""
        found: list[Any] = super().metrics
        return found if self._terms is None else [*found, self._terms.task_loss]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss of a step as Keras does; in training, with the objectives' terms."""

        def loss_of(outputs: Any) -> Any:
            return super(TextModel, self).compute_loss(x, y, outputs, sample_weight, training)

        if self._terms is None:
            return loss_of(y_pred)
        return self._terms.added(self, loss_of, x, y, y_pred, sample_weight, training)

    def fit(self, x: Any = None, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        """Train as `keras.Model.fit` does; `Batches` have a new order in each epoch.

        Raw texts are read once, as `batches` reads them: `fit(texts, labels)`, `fit((texts, pairs),
        labels)`, `fit(examples)`, or a finite `tf.data.Dataset`, torch `DataLoader` or Hugging Face
        data set of texts and labels. `validation_data` takes the same. Each epoch shuffles all rows
        together, with the seed of `keras.utils.set_random_seed`, or 0 if it is not set;
        `shuffle=False` keeps their order. Labels are names or numbers of classes. The batch size is
        `batch_size` if given, else that of the data set's batches, else that of a callback's plan,
        else 32. An endless stream needs `steps_per_epoch` and keeps its own order, which the
        finding `order-unknown` reports.

        Raises:
            InputError: texts or labels cannot be used, `validation_split` is given with texts,
                `steps_per_epoch` is not that of the Batches, or a callback would fail at the end of
                an epoch.
            FindingsError: labels are outside the classes, or `kbert train` would refuse the
                examples.
        """
        with prepared_fit(self, fit_arguments(x, *args, **kwargs), callbacks) as arguments:
            self.temperature = 1.0  # the old one belongs to the weights before this training
            return super().fit(**arguments)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Evaluate as `keras.Model.evaluate` does; takes raw texts with labels as `fit` does.

        Raises:
            InputError: texts or labels cannot be used.
        """
        texts, x = find_texts(x)
        if texts is not None:
            arguments = batches_of_evaluate(self, texts, y, *args, **kwargs)
            share_batches(self, arguments["x"], "evaluate")
            return super().evaluate(**arguments)
        check_input("evaluate", x, y)
        share_batches(self, x, "evaluate")
        return super().evaluate(x, y, *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logits, as `keras.Model.predict` does, in the order of the rows.

        Takes raw texts as `fit` does; `predict_texts` returns their labels and probabilities.

        Raises:
            InputError: texts cannot be used.
        """
        texts, x = find_texts(x)
        if texts is None:
            check_input("predict", x)
            return self._predict(x, *args, **kwargs)
        arguments = batches_of_predict(self, texts, *args, **kwargs)
        examples = arguments["x"].examples
        self._watch.look(examples.texts, examples.pairs)
        logits = self._predict(**arguments)
        in_order = np.empty_like(logits)
        in_order[arguments["x"].row_order()] = logits
        return in_order

    def _predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Predict as Keras does, and return only the outputs of rows, not those of padding."""
        if not isinstance(x, Batches):
            return super().predict(x, *args, **kwargs)
        share_batches(self, x, "predict")
        outputs = super().predict(x, *args, **kwargs)
        return outputs if x.share == ALONE else outputs[x.are_rows()[: len(outputs)]]

    def predict_step(self, *args: Any) -> Any:
        """One step of `predict`, as Keras calls it on each backend."""
        outputs = super().predict_step(*args)
        if keras.backend.backend() != "jax":
            return outputs
        logits, state = outputs
        return whole_on_each(logits), state

    def batches(
        self,
        examples: Examples | ShardedTokenStore,
        plan: TrainingPlan | None = None,
        *,
        batch_size: int = 32,
        seed: int = 0,
        packing: Packing = "auto",
        class_weight: ClassWeight | None = None,
        cache: str | Path | None = None,
    ) -> Batches:
        """Return batches of these examples for this model.

        Args:
            examples: Examples, read with this model's labels; or a ShardedTokenStore, made with
                this model's tokenizer and labels.
            plan: TrainingPlan or None. With a plan, the batches are for training: they have its
                batch size, and a new order in each epoch. Defaults to None: in the order of the
                rows, for evaluation and prediction.
            batch_size: int. Used without a plan. Defaults to 32.
            seed: int. The seed of the order. Defaults to 0.
            packing: "on", "off" or "auto". With a plan, whether several texts share a row. Defaults
                to "auto": if this reduces computation; see `PackingChoice`.
            class_weight: "balanced", "NAME=W,..." or a dict of weights by the names or numbers of
                classes. With a plan, how much each class counts in the loss; see `class_weights`.
                Defaults to None: all count the same.
            cache: str or Path. The folder of the token files. Defaults to None: the tokens stay in
                memory.
        """
        return text_batches(
            self,
            examples,
            plan,
            batch_size=batch_size,
            seed=seed,
            packing=packing,
            class_weight=class_weight,
            cache=cache,
        )

    def predict_texts(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        batch_size: int = 32,
        abstain: Abstain | None = None,
    ) -> list[AnyPrediction]:
        """Return the label and the probabilities of each text, or text pair, in their order.

        If most of the tokens are [UNK], an `UnknownTokensWarning` is issued, once.

        Args:
            texts: list, NumPy array, pandas Series or another iterable of str.
            pairs: the second texts, in the same form, or None.
            batch_size: int. Defaults to 32.
            abstain: see `Predictor.predict`. Defaults to None: every text gets a label.

        Raises:
            InputError: a text is not a string, or is blank.
        """
        names = self.labels.names
        limits = None if abstain is None else Abstention.of(abstain, names, self.target)
        rows = self.predict_proba(texts, pairs, batch_size)
        found = [self.target.prediction(row, names) for row in rows]
        return found if limits is None else [limits.applied(one) for one in found]

    def predict_proba(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, batch_size: int = 32
    ) -> np.ndarray:
        """Return the probabilities [texts, labels], or the numbers, in the order of the texts.

        See `predict_texts`.
        """
        check_count("batch_size", batch_size)
        firsts, seconds = as_texts(texts, pairs)
        if not firsts:
            return np.empty((0, len(self.labels)), np.float32)
        check_segments(self.num_segments, seconds is not None, Option("pairs"))
        self._watch.look(firsts, seconds)
        store = TokenStore.build(Examples(firsts, seconds), self.tokenizer, self.max_length)
        batches = Batches(
            store,
            batch_size,
            order="length",
            pad_id=self.tokenizer.pad_id,
            few_shapes=few_shapes(self),
        )
        logits = np.empty((len(firsts), len(self.labels)), np.float32)
        logits[batches.row_order()] = self.predict(
            batches, verbose=0, callbacks=_advancing(len(firsts) / len(batches))
        )
        rows = self.target.outputs(logits)
        check_outputs(rows)
        return rows


def _advancing(rows: float) -> list[Any]:
    """Return a callback that reports `rows` more rows after each batch, if progress is shown."""
    if not is_reported():
        return []
    told = keras.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: advance(rows))
    return [told]
