"""The model that predicts masked tokens."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_hub
from keras import ops

from kbert.backend.encoder_layer import encoder_layer, recomputed_encoder_layer
from kbert.backend.freed_memory import keep_freed_memory
from kbert.backend.gelu import erf_gelu
from kbert.backend.metric_internals import build_metrics
from kbert.choices import Gelu
from kbert.data.batches import Batches
from kbert.data.epoch_setter import EpochSetter
from kbert.data.takes_data import TakesData
from kbert.findings import worded
from kbert.interop.masked_head import MASKED_HEAD
from kbert.interop.sources import find_source
from kbert.models.backbones import backbone_config, load_backbone, new_backbone, set_gelu
from kbert.models.pooled_output import attended, embedded
from kbert.models.share_batches import share_batches
from kbert.models.variables import assign_variables
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.say import say


@keras.saving.register_keras_serializable(package="kbert")
class MaskedLanguageModel(keras.Model):
    """A BERT that predicts masked tokens: a keras-hub backbone with its `MaskedLMHead`.

        logits = LayerNorm(gelu(Dense(hidden)(token))) @ token_embedding.T + output_bias

    The inputs are a dict of int arrays: `token_ids`, `segment_ids` and `padding_mask` [rows,
    width], or packed rows, which hold several texts each; and `mask_positions` [rows, slots], the
    positions to predict, as `MaskedBatches` gives them. The output is logits [rows, slots,
    vocabulary], float32. The pooler is not trained.

    Args:
        backbone: keras_hub.models.BertBackbone, or a dict of its arguments for a new one.
        tokenizer: Tokenizer.
        gelu: "tanh" or "erf". Defaults to "tanh".
        dtype: dtype policy of a new backbone, such as "mixed_bfloat16". Defaults to None.

    Attributes:
        gradient_checkpointing: bool. As in `BertClassifier`.

    Source: BERT, arXiv 1810.04805, 3.1.

    Example:

    ```python
    model = MaskedLanguageModel.from_preset("minilm")
    model.compile(optimizer=create_optimizer(plan))
    ```
    """

    def __init__(
        self,
        backbone: keras_hub.models.BertBackbone | dict[str, Any],
        tokenizer: Tokenizer,
        gelu: Gelu = "tanh",
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if isinstance(backbone, dict):
            backbone = new_backbone(backbone, dtype)
            set_gelu(backbone, gelu)
        self.backbone = backbone
        self.tokenizer = tokenizer
        self.gelu = gelu
        self.gradient_checkpointing = False
        backbone.pooled_dense.trainable = False  # nothing here reads [CLS]
        self.head = keras_hub.layers.MaskedLMHead(
            token_embedding=backbone.token_embedding,
            intermediate_activation=erf_gelu if gelu == "erf" else _tanh_gelu,
            layer_norm_epsilon=float(backbone.embeddings_layer_norm.epsilon),
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name=MASKED_HEAD.rstrip("/"),
            dtype="float32",  # a softmax over bfloat16 logits is too imprecise for training
        )
        hidden = backbone.hidden_dim
        self.head.build((None, None, hidden), (None, None))
        self.built = True

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        backbone = self.backbone
        recompute = self.gradient_checkpointing and training
        compute = recomputed_encoder_layer if recompute else encoder_layer
        rows = embedded(backbone, inputs, training)
        mask = attended(inputs)
        *layers, last = backbone.transformer_layers
        for layer in layers:
            rows = compute(layer, rows, mask, training)
        positions = inputs["mask_positions"]
        some = ops.take_along_axis(rows, positions[:, :, None], axis=1)
        mask = attended(inputs, positions)
        some = encoder_layer(last, rows, mask, training, some=some)  # only these are predicted
        slots = ops.arange(ops.shape(positions)[1])[None]  # a dimension that may be unknown
        slots = ops.broadcast_to(slots, ops.shape(positions))
        return self.head(ops.cast(some, "float32"), slots)

    def compile(self, optimizer: Any = "adam", loss: Any = None, **kwargs: Any) -> None:
        """Configure training as `keras.Model.compile` does.

        Args:
            optimizer: see `create_optimizer`.
            loss: Defaults to None: the mean cross-entropy over the masked tokens of a batch.
            **kwargs: as in `keras.Model.compile`. `weighted_metrics` defaults to `masked_loss` and
                `accuracy`, the means over all masked tokens of an epoch.
        """
        if loss is None:
            loss = keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            )
        kwargs.setdefault(
            "weighted_metrics",
            [
                keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name="masked_loss"),
                keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            ],
        )
        super().compile(optimizer=optimizer, loss=loss, **kwargs)

    def fit(self, x: Any = None, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        """Train as `keras.Model.fit` does; `MaskedBatches` have a new order in each epoch."""
        keep_freed_memory()
        given = keras.tree.flatten(callbacks) if callbacks else []
        if isinstance(x, Batches):
            kwargs.setdefault("shuffle", False)  # otherwise Keras shuffles the batches again
            share_batches(self, x, "fit")
            x.on_epoch_end()  # an earlier fit may have been stopped inside an epoch
            for callback in given:
                if isinstance(callback, TakesData):
                    callback.set_data(x)
            given = [EpochSetter(x), *given]
            build_metrics(self, x[0])
        return super().fit(x, *args, callbacks=given, **kwargs)

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Evaluate as `keras.Model.evaluate` does."""
        share_batches(self, x, "evaluate")
        return super().evaluate(x, *args, **kwargs)

    @classmethod
    def from_preset(
        cls,
        preset: str,
        *,
        pretrained: bool = True,
        tokenizer: Tokenizer | None = None,
        dtype: Any = None,
    ) -> "MaskedLanguageModel":
        """Return a model with a preset's encoder, and its head for masked tokens if it has one.

        Args:
            preset: str, see `find_source`.
            pretrained: bool. If False, the model has the preset's size but random weights. Defaults
                to True.
            tokenizer: Tokenizer or None. Defaults to None: the preset's.
            dtype: dtype policy, such as "mixed_bfloat16". Defaults to None: Keras's own.

        Raises:
            InputError: the preset is not a BERT, or weights are missing.
        """
        source = find_source(preset)
        tokenizer = source.tokenizer() if tokenizer is None else tokenizer
        backbone, gelu = load_backbone(source, pretrained=pretrained, dtype=dtype)
        model = cls(backbone, tokenizer, gelu)
        arrays = source.masked_head() if pretrained else None
        if arrays is not None:
            own = [v for v in model.head.weights if v.path.startswith(MASKED_HEAD)]
            assign_variables(own, arrays, source.name)
            say(worded("The head for masked tokens is that of {name}.", name=source.name))
        elif pretrained:
            say(
                worded(
                    "{name} has no head for masked tokens: training starts with a new one.",
                    name=source.name,
                )
            )
        return model

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data."""
        return {
            "backbone": backbone_config(self.backbone),
            "tokenizer": self.tokenizer.get_config(),
            "gelu": self.gelu,
            "dtype": self.backbone.dtype_policy.name,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return a model of the same size with new weights."""
        return cls(**{**config, "tokenizer": Tokenizer.from_config(config["tokenizer"])})


def _tanh_gelu(values: Any) -> Any:
    return keras.activations.gelu(values, approximate=True)
