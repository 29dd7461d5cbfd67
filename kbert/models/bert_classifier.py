"""The classifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import keras_hub
import numpy as np

from kbert.backend.choose_backend import xla_is_slower
from kbert.data.batches import Batches, EpochSetter
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.token_store import TokenStore
from kbert.errors import InputError
from kbert.interop.sources import find_preset
from kbert.models.backbones import Gelu, backbone_config, load_backbone, new_backbone, set_gelu
from kbert.models.build_classifier import build_classifier_of_preset
from kbert.models.classifier_parts import check_parts
from kbert.models.keras_file import read_keras_file
from kbert.models.model_directory import read_model, write_model
from kbert.models.variables import assign_variables
from kbert.plans.training_plan import TrainingPlan
from kbert.results.evaluation import softmax
from kbert.results.prediction import Prediction, check_texts
from kbert.tokenizer.tokenizer import Tokenizer


@keras.saving.register_keras_serializable(package="kbert")
class BertClassifier(keras.Model):
    """A BERT with a classification head: a functional `keras.Model` over a keras-hub backbone.

        logits = Dense(labels)(Dropout(dropout)(tanh(Dense(hidden)([CLS] of the last layer))))

    The inputs are a dict of int arrays [rows, width]: `token_ids`, `segment_ids`, `padding_mask`.
    The output is logits [rows, labels], float32. The labels and the tokenizer travel with the
    model: into `get_config`, a `.keras` file, and a run directory.

    Args:
        backbone: keras_hub.models.BertBackbone, or a dict of its arguments for a new one.
        labels: Labels or sequence of str. The classes in the order of their numbers.
        tokenizer: Tokenizer. Its vocabulary is the backbone's.
        max_length: int. The most tokens of a text or pair. Defaults to 128.
        dropout: float. Before the head. Defaults to 0.1.
        gelu: "tanh" (Google's) or "erf" (that of most Hugging Face models). Defaults to "tanh".
        dtype: dtype policy of a new backbone, such as "mixed_bfloat16". Defaults to None.

    Raises:
        KbertError: fewer than two labels, a vocabulary larger than the backbone's, or a
            `max_length` beyond its positions.

    Source: BERT, arXiv 1810.04805; `create_model` in `run_classifier.py`.

    Example:

    ```python
    model = BertClassifier.from_preset("minilm", labels=["bad", "good"], max_length=64)
    model.compile(optimizer=create_optimizer(plan), metrics=["accuracy"])
    ```
    """

    def __init__(
        self,
        backbone: keras_hub.models.BertBackbone | dict[str, Any],
        labels: Labels | Sequence[str],
        tokenizer: Tokenizer,
        max_length: int = 128,
        dropout: float = 0.1,
        gelu: Gelu = "tanh",
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if isinstance(backbone, dict):
            backbone = new_backbone(backbone, dtype)
            set_gelu(backbone, gelu)
        if isinstance(labels, str):
            raise InputError(
                "`labels` must be a list of names. Received: {labels!r}", labels=labels
            )
        names = labels.names if isinstance(labels, Labels) else tuple(str(n) for n in labels)
        check_parts(backbone, names, tokenizer, max_length)
        pooled = backbone(backbone.input)["pooled_output"]
        dropped = keras.layers.Dropout(dropout, name="classifier_dropout")(pooled)
        logits = keras.layers.Dense(
            len(names),
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name="logits",
            dtype="float32",  # a softmax over bfloat16 logits would lose what training needs
        )(dropped)
        super().__init__(inputs=backbone.input, outputs=logits, name=name)
        self.backbone = backbone
        self.labels = Labels(names)
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.dropout = dropout
        self.gelu = gelu

    @classmethod
    def from_preset(
        cls,
        preset: str,
        labels: Labels | Sequence[str] | None = None,
        *,
        head: Literal["new", "preset"] | None = None,
        max_length: int | None = None,
        dropout: float | None = None,
        pretrained: bool = True,
        tokenizer: Tokenizer | None = None,
        dtype: Any = None,
    ) -> "BertClassifier":
        """Return a classifier with a preset's encoder, and a new head or the preset's own.

        With `labels` the head is new, whatever the preset has; without, it is the preset's.

        Args:
            preset: str. "minilm", a run, or a folder of Google's, Hugging Face's or keras-hub's
                form, or a keras-hub preset's name or handle; see `find_preset`.
            labels: Labels or sequence of str, or None. Defaults to None: those that the preset
                names.
            head: "new" or "preset"; "preset" with `labels` names the classes of a head that does
                not, as of keras-hub. Defaults to None: new where there are labels.
            max_length: int or None. Defaults to None: that of the preset's head where it tells,
                else 128, or the positions where there are fewer.
            dropout: float or None. Before the head. Defaults to None: that of the preset's head,
                0.1 for a new one.
            pretrained: bool. False gives random weights of the preset's size. Defaults to True.
            tokenizer: Tokenizer or None. Defaults to None: the preset's.
            dtype: dtype policy, such as "mixed_bfloat16". Defaults to None: Keras's own.

        Raises:
            KbertError: the preset is no BERT, or has no head or no names where those are wanted.
        """
        found = find_preset(preset)
        if head == "preset" or (head is None and labels is None):
            return build_classifier_of_preset(
                cls, found, labels, max_length, dropout, tokenizer, dtype, pretrained=pretrained
            )
        if labels is None:
            raise InputError("A new head needs the names of its classes: pass labels=[...].")
        tokenizer = tokenizer or found.tokenizer()
        backbone, gelu = load_backbone(found, pretrained=pretrained, dtype=dtype)
        if max_length is None:
            max_length = min(128, backbone.max_sequence_length)
        dropout = 0.1 if dropout is None else dropout
        return cls(backbone, labels, tokenizer, max_length, dropout, gelu)

    @classmethod
    def load(cls, path: str | Path, **changes: Any) -> "BertClassifier":
        """Return the model of a run directory, of a folder that `save_to` wrote, or of a .keras.

        Args:
            path: str or Path.
            **changes: `max_length`, `dropout` or `dtype`, over what a folder's config.json says.

        Raises:
            KbertError: there is none, it is of another kind, or its weights do not fit.
        """
        path = Path(path)
        if path.suffix == ".keras":
            return read_keras_file(path, cls)
        config, arrays, source = read_model(path)
        try:
            model = cls.from_config({**config, **changes})
        except (TypeError, KeyError) as error:
            raise InputError(
                "{parent}: config.json does not fit: {error}", parent=source.parent, error=error
            ) from None
        assign_variables(model.weights, arrays, source)
        return model

    def save_to(self, folder: str | Path) -> None:
        """Write configuration, vocabulary and weights (safetensors) into a folder, atomically."""
        write_model(self, Path(folder))

    def compile(
        self, optimizer: Any = "adam", loss: Any = None, jit_compile: Any = "auto", **kwargs: Any
    ) -> None:
        """Configure training as `keras.Model.compile` does, with the loss of a classifier.

        Args:
            optimizer: see `create_optimizer`.
            loss: Defaults to None: cross-entropy of integer labels from logits.
            jit_compile: Defaults to "auto", Keras's choice but for TensorFlow without an
                accelerator, where XLA is slower to compile and to run than the plain graph.
            **kwargs: as of `keras.Model.compile`.
        """
        if loss is None:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if jit_compile == "auto" and xla_is_slower():
            jit_compile = False
        super().compile(optimizer=optimizer, loss=loss, jit_compile=jit_compile, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was compiled."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def fit(self, x: Any = None, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        """Train as `keras.Model.fit` does, each epoch in its own order of the `Batches`."""
        if isinstance(x, Batches):
            kwargs.setdefault("shuffle", False)  # Keras would shuffle the batches once more
            x.on_epoch_end()  # an earlier fit may have been stopped inside an epoch
            setter = EpochSetter(x)
            if isinstance(callbacks, keras.callbacks.CallbackList):
                callbacks.append(setter)
            elif isinstance(callbacks, keras.callbacks.Callback):
                callbacks = [setter, callbacks]
            else:
                callbacks = [setter, *(callbacks or [])]
            for callback in callbacks if isinstance(callbacks, list) else callbacks.callbacks:
                if hasattr(callback, "watch"):  # PlanGuard, which would see nothing of the data
                    callback.watch(x)
        return super().fit(x, *args, callbacks=callbacks, **kwargs)

    def batches(
        self,
        examples: Examples,
        plan: TrainingPlan | None = None,
        *,
        batch_size: int = 32,
        seed: int = 0,
        cache: str | Path | None = None,
    ) -> Batches:
        """Return batches of these examples for this model.

        Args:
            examples: Examples, read with this model's labels.
            plan: TrainingPlan, for training: its batch size, shuffled. Defaults to None: as the
                rows stand, for evaluation and prediction.
            batch_size: int. Without a plan. Defaults to 32.
            seed: int. Of the shuffled order. Defaults to 0.
            cache: folder of the token files, or None to keep the tokens in memory.
        """
        if examples.labels is not None and examples.labels.names != self.labels.names:
            raise InputError(
                "{source} was read with the labels {names}, and the model has {names2}. Read "
                "it with read_examples(..., labels=model.labels).",
                source=examples.source,
                names=examples.labels.names,
                names2=self.labels.names,
            )
        if plan is not None and plan.examples != len(examples):
            raise InputError(
                "The plan is for {examples} examples, and there are {examples2}: make it with "
                "TrainingPlan(examples={examples2}, ...).",
                examples=plan.examples,
                examples2=len(examples),
            )
        store = TokenStore.build(examples, self.tokenizer, self.max_length, cache)
        pad_id = self.tokenizer.pad_id
        if plan is None:
            return Batches(store, batch_size, pad_id=pad_id)
        return Batches(
            store,
            plan.batch_size,
            order="shuffled",
            seed=seed,
            drop_remainder=plan.drop_remainder,
            pad_id=pad_id,
        )

    def predict_texts(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, batch_size: int = 32
    ) -> list[Prediction]:
        """Return the label and the probabilities of each text, or text pair, in their order.

        Args:
            texts: sequence of str.
            pairs: sequence of str, the second texts, or None.
            batch_size: int. Defaults to 32.
        """
        check_texts(texts, pairs)
        if len(texts) == 0:
            return []
        rows = self.predict_proba(texts, pairs, batch_size)
        return [Prediction.from_probabilities(row, self.labels.names) for row in rows]

    def predict_proba(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, batch_size: int = 32
    ) -> np.ndarray:
        """Return the probabilities [texts, labels] in their order; see `predict_texts`."""
        store = TokenStore.build(Examples(texts, pairs), self.tokenizer, self.max_length)
        batches = Batches(store, batch_size, order="length", pad_id=self.tokenizer.pad_id)
        logits = np.empty((len(texts), len(self.labels)), np.float32)
        logits[batches.row_order()] = self.predict(batches, verbose=0)
        return softmax(logits)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data."""
        return {
            "backbone": backbone_config(self.backbone),
            "labels": list(self.labels.names),
            "tokenizer": self.tokenizer.get_config(),
            "max_length": self.max_length,
            "dropout": self.dropout,
            "gelu": self.gelu,
            "dtype": self.backbone.dtype_policy.name,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "BertClassifier":
        """Return a classifier of the same size with new weights."""
        return cls(**{**config, "tokenizer": Tokenizer.from_config(config["tokenizer"])})
