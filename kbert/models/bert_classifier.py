"""The classifier."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import keras
import keras_hub

from kbert.backend.dropout import dropout
from kbert.backend.lora_internals import lora_parts
from kbert.choices import CutPair, Gelu, LongText, TargetKind, TokenPooling
from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.config_checks import check_pooling
from kbert.interop.sources import find_source
from kbert.interop.write_kbert_model import write_kbert_model
from kbert.models.backbones import backbone_config, load_backbone, new_backbone, set_gelu
from kbert.models.build_classifier import build_classifier
from kbert.models.calibrate_model import calibrate_model
from kbert.models.classifier_parts import check_can_be_saved, check_parts
from kbert.models.dropped_tokens import DroppedTokens
from kbert.models.frozen_parts import freeze_parts, frozen_parts
from kbert.models.load_keras_file import load_keras_file
from kbert.models.lora_arrays import plain_arrays
from kbert.models.own_unit import in_own_unit
from kbert.models.pooled_windows import pooled_windows
from kbert.models.poolings import POOLINGS
from kbert.models.text_model import TextModel
from kbert.results.temperature import Temperature
from kbert.targets.known_targets import target_of
from kbert.targets.labels import Labels
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.windows import Windows
from kbert.utils.label_names import label_names


@keras.saving.register_keras_serializable(package="kbert")
class BertClassifier(TextModel):
    """A BERT with a classification head: a functional `keras.Model` over a keras-hub backbone.

        logits = Dense(labels)(Dropout(dropout)(tanh(Dense(hidden)([CLS] of the last layer))))
        logits = Dense(labels)(Dropout(dropout)(mean of the last layer's tokens))    # "mean"

    The inputs are a dict of int arrays [rows, width]: `token_ids`, `segment_ids`, `padding_mask`.
    Rows may also be packed, with several texts in each, or be windows: a long text has several
    windows, and their logits are pooled (see `Windows`). The output is logits [texts, labels],
    float32. The labels and the tokenizer are saved with the model: in `get_config`, a `.keras`
    file, and a run directory.

    Args:
        backbone: keras_hub.models.BertBackbone, or a dict of its arguments for a new one.
        labels: Labels or sequence of str. The classes in the order of their numbers.
        tokenizer: Tokenizer. Its vocabulary is the backbone's; it also decides what is kept of a
            text that is too long.
        max_length: int. The maximum number of tokens of a text or pair. Defaults to 128.
        dropout: float. The dropout rate before the head. Defaults to 0.1.
        gelu: "tanh" (Google's) or "erf" (used by most Hugging Face models). Defaults to "tanh".
        dtype: dtype policy of a new backbone, such as "mixed_bfloat16". Defaults to None.
        target: "single" (one class), "multi" (several labels), "regression" (numbers; the labels
            are their columns), "soft" (a probability for each class), "ordered" (one class; the
            labels are in order), a Target, or what its `to_dict` returns. Defaults to None: one
            class.
        temperature: float. What the head's weights have been divided by since training, for
            reference; see `calibrate`. Defaults to 1.0.
        pooling: "cls" or "mean". What the head reads: "cls" is [CLS] through the pooler, as in
            BERT; "mean" is the mean of all tokens that are not padding, as sentence encoders such
            as MiniLM were trained with. With "mean", the pooler is neither used nor trained.
            Defaults to "cls".

    Attributes:
        gradient_checkpointing: bool. Whether to recompute the layers for the gradient instead of
            keeping their activations: the same result, in more time. On a CPU it saves memory only
            on TensorFlow. Set it before `fit`. It is not saved. Defaults to False.

    Raises:
        InputError: there are fewer labels than the target needs, the vocabulary is larger than the
            backbone's, `max_length` exceeds its positions, or windows of that length would overlap
            completely.

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
        target: Target | TargetKind | dict[str, Any] | None = None,
        temperature: float = 1.0,
        pooling: TokenPooling = "cls",
    ) -> None:
        if isinstance(backbone, dict):
            backbone = new_backbone(backbone, dtype)
            set_gelu(backbone, gelu)
        given = labels.names if isinstance(labels, Labels) else labels
        names = label_names(given, Option("labels"))
        kind = target_of(target, len(names))
        check_parts(backbone, names, tokenizer, max_length, kind.least_labels)
        check_pooling(pooling)
        pooled = POOLINGS[pooling].in_graph(backbone)
        dropped = keras.layers.Dropout(dropout, name="classifier_dropout")(pooled)
        logits = keras.layers.Dense(
            len(names),
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name="logits",
            dtype="float32",  # a softmax over bfloat16 logits is too imprecise for training
        )(dropped)
        super().__init__(inputs=backbone.input, outputs=logits, name=name)
        self.backbone = backbone
        self.labels = Labels(names)
        self.target = kind
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.num_segments = backbone.num_segments
        self.dropout = dropout
        self.temperature = temperature
        self.gelu = gelu
        self.pooling = pooling
        for part in self._never_trained:
            backbone.get_layer(part).trainable = False
        self.gradient_checkpointing = False
        self.dropped_tokens: DroppedTokens | None = None

    @property
    def input_spec(self) -> Any:
        """What Keras requires of inputs: packed rows have `text_ids` in place of `padding_mask`."""
        return [spec for spec in super().input_spec if spec.name != "padding_mask"]

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self.dropped_tokens is not None:
            seen = self.dropped_tokens(inputs["token_ids"], training=training)
            inputs = {**inputs, "token_ids": seen}
        compute = POOLINGS[self.pooling].compute
        pooled = compute(self.backbone, inputs, training, self.gradient_checkpointing)
        windows = self.tokenizer.windows if "own_windows" in inputs else None
        if training and self._terms is not None and self._terms.needs_features:
            self._terms.features = (
                pooled_windows(pooled, inputs["own_windows"], "mean") if windows else pooled
            )
        dropped = dropout(self.get_layer("classifier_dropout"), pooled, training)
        outputs = in_own_unit(self.get_layer("logits")(dropped), self.target)
        if windows is None:
            return outputs
        return pooled_windows(outputs, inputs["own_windows"], windows.pool)

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
        target: Target | TargetKind | None = None,
        long_text: LongText | None = None,
        cut_pair: CutPair | None = None,
        windows: Windows | None = None,
        pooling: TokenPooling | None = None,
    ) -> "BertClassifier":
        """Return a classifier with a preset's encoder, and a new head or the preset's own.

        With `labels`, the head is new, even if the preset has one; without, it is the preset's.

        Args:
            preset: str. "minilm", a run, the folder of a Google, Hugging Face or keras-hub BERT,
                or a keras-hub preset's name or handle; see `find_source`.
            labels: Labels or sequence of str, or None. Defaults to None: those that the preset
                names.
            head: "new", "preset" or None. Together with `labels`, "preset" names the classes of a
                head whose files do not name them, such as keras-hub's. Defaults to None: "new" if
                there are labels, else "preset".
            max_length: int or None. Defaults to None: that of the preset's head if its files record
                it; else 128, or the number of positions if that is smaller.
            dropout: float or None. The dropout rate before the head. Defaults to None: that of the
                preset's head, or 0.1 for a new head.
            pretrained: bool. If False, the model has the preset's size but random weights. Defaults
                to True.
            tokenizer: Tokenizer or None. Defaults to None: the preset's.
            dtype: dtype policy, such as "mixed_bfloat16". Defaults to None: Keras's own.
            target: what the labels of a new head are; see the class. Defaults to None: one class.
            long_text: "head", "tail", "head+tail", "windows" or None. What is kept of a text that
                is too long, or whether it is read in windows; see `Tokenizer`. Defaults to None:
                the tokenizer's setting, usually "head".
            cut_pair: "longest", "first", "second" or None. Which text of a pair that is too long is
                cut, or read in windows. Defaults to None: the tokenizer's setting, usually
                "longest".
            windows: Windows or None. How windows overlap and are pooled. Defaults to None: the
                tokenizer's setting, or `Windows()`.
            pooling: "cls", "mean" or None. What a new head reads; see the class. Defaults to None:
                the pooling of the preset's own head, or the one that a sentence encoder was trained
                with; else "cls".

        Raises:
            InputError: the preset is not a BERT, lacks the requested head or class names, or has a
                head for another pooling.
        """
        source = find_source(preset)
        if head == "preset" or (head is None and labels is None):
            if not pretrained:
                raise InputError(
                    "Without its weights {preset} has no head. Pass {labels} for a new one.",
                    preset=preset,
                    labels=Option("labels"),
                )
            data = source.read()
            if pooling not in (None, data.pooling):
                raise InputError(
                    "The head of {preset} reads {own}, not {pooling}. Pass {labels} for a new one.",
                    preset=preset,
                    own=data.pooling,
                    pooling=pooling,
                    labels=Option("labels"),
                )
            if tokenizer is not None:
                given = tokenizer
                data = replace(data, read_tokenizer=lambda: given)
            return build_classifier(
                cls,
                data,
                labels,
                max_length=max_length,
                dropout=dropout,
                dtype=dtype,
                long_text=long_text,
                cut_pair=cut_pair,
                windows=windows,
            )
        if labels is None:
            raise InputError(
                "A new head needs the names of its classes: pass {labels}.", labels=Option("labels")
            )
        tokenizer = (tokenizer or source.tokenizer()).with_truncation(long_text, cut_pair, windows)
        backbone, gelu = load_backbone(source, pretrained=pretrained, dtype=dtype)
        if max_length is None:
            max_length = min(128, backbone.max_sequence_length)
        dropout = 0.1 if dropout is None else dropout
        return cls(
            backbone,
            labels,
            tokenizer,
            max_length,
            dropout,
            gelu,
            target=target,
            pooling=pooling or source.pooling(),
        )

    @classmethod
    def load(cls, path: str | Path, **changes: Any) -> "BertClassifier":
        """Return the classifier that is saved at a path.

        A model from a .keras file is compiled as it was when saved, unless something is changed.

        Args:
            path: str or Path. A run, a folder that `save_to` wrote, a .keras file, or another
                source with a head whose classes have names; see `find_source`.
            **changes: `max_length`, `dropout`, `dtype`, `long_text`, `cut_pair` or `windows`, in
                place of the saved value; None keeps the saved value.

        Raises:
            InputError: there is no model, it has no head, or its weights do not fit.
        """
        source = find_source(path)
        given = {name: value for name, value in changes.items() if value is not None}
        if source.keras_file is not None and not given:
            return load_keras_file(source.keras_file, cls)
        return build_classifier(cls, source.read(), **given)

    def calibrate(self, data: Any) -> Temperature:
        """Calibrate the probabilities with a temperature that is fitted on labelled rows.

            kernel, bias = kernel / temperature, bias / temperature    # of the head

        From then on, everything that the model is saved or exported as gives these probabilities.
        The predicted labels do not change: with several labels, the thresholds are adjusted too.
        Use rows that the model was not trained on. The returned temperature is relative to the
        model's current state, so calibrating again on the same rows gives 1; `model.temperature` is
        the product of all of them.

        Args:
            data: labelled `Batches`, `(x, labels)`, `(x, labels, weights)`, or raw texts as
                `EpochEvaluation` takes them: `(texts, labels)`, `Examples`, ....

        Returns:
            A `Temperature`, which also has the calibration before and after.

        Raises:
            InputError: the model predicts numbers, is quantized, or cannot be evaluated on the
                data.

        Example:

        ```python
        found = model.calibrate(model.batches(dev))
        print(found.told("dev"), found.change.ece)
        model.save_to("models/calibrated")
        ```
        """
        return calibrate_model(self, data)

    def drop_tokens(self, rate: float) -> None:
        """Replace tokens with [MASK] during training; see `TokenDropout`.

        Raises:
            InputError: the vocabulary has no [MASK].
        """
        self.dropped_tokens = DroppedTokens(rate, self.tokenizer)
        self.train_function = None  # the one that TensorFlow has traced knows nothing of it

    def save_to(self, folder: str | Path) -> None:
        """Write configuration, vocabulary and weights (safetensors) into a folder, atomically.

        A model that the folder holds is replaced. LoRA is merged into the weights.

        Raises:
            InputError: the weights are not those of a BERT with a head, as after `quantize`.
        """
        check_can_be_saved(self)
        write_kbert_model(Path(folder), self.get_config(), plain_arrays(self))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data, and `frozen`, the parts that are not
        trained."""
        frozen = [part for part in frozen_parts(self) if part not in self._never_trained]
        return {
            "backbone": backbone_config(self.backbone),
            "labels": list(self.labels.names),
            "tokenizer": self.tokenizer.get_config(),
            "max_length": self.max_length,
            "dropout": self.dropout,
            "gelu": self.gelu,
            "dtype": self.backbone.dtype_policy.name,
            "name": self.name,
            **({} if self.target == Single() else {"target": self.target.to_dict()}),
            **({} if self.temperature == 1 else {"temperature": self.temperature}),
            **({} if self.dropped_tokens is None else {"token_dropout": self.dropped_tokens.rate}),
            **({} if self.pooling == "cls" else {"pooling": self.pooling}),
            **({"frozen": frozen} if frozen else {}),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "BertClassifier":
        """Return a classifier of the same size with new weights, and the same parts frozen."""
        settings = {**config, "tokenizer": Tokenizer.from_config(config["tokenizer"])}
        frozen, rate = settings.pop("frozen", ()), settings.pop("token_dropout", None)
        model = cls(**settings)
        if rate is not None:
            model.drop_tokens(rate)
        if frozen:
            freeze_parts(model, {*frozen, *model._never_trained})
        return model

    def get_compile_config(self) -> dict[str, Any]:
        """Return what the model was compiled with; empty with LoRA, which is merged on saving."""
        has_lora = next(lora_parts(self), None) is not None
        return {} if has_lora else super().get_compile_config()

    @property
    def _never_trained(self) -> tuple[str, ...]:
        return () if POOLINGS[self.pooling].uses_pooler else ("pooled_dense",)
