"""Every field of config.json and bert_config.json: honoured, refused, or without effect.

docs/import-export.md has the same lists. Tests compare them, and compare the fields of config.json
with those of transformers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Joined, worded

_MAX_NAMED = 5


@dataclass(frozen=True)
class ConfigFields:
    """How kbert treats the fields of a configuration.

    Args:
        honoured: frozenset of str. They determine the model, and their values are checked.
        accepted: dict. The accepted values of fields that otherwise make it another model.
        head: frozenset of str. They matter if the classification head is wanted.
        without_effect: frozenset of str. They do not change what the encoder and the head compute.

    Example:

    ```python
    assert "layer_norm_eps" in HUGGING_FACE.honoured
    assert HUGGING_FACE.check({"mine": 1}, Path("config.json")) == ["mine"]
    ```
    """

    honoured: frozenset[str]
    accepted: Mapping[str, tuple[Any, ...]]
    head: frozenset[str]
    without_effect: frozenset[str]

    @property
    def known(self) -> frozenset[str]:
        """All fields."""
        return self.honoured | self.accepted.keys() | self.head | self.without_effect

    def check(self, config: Mapping[str, Any], file: Path) -> list[str]:
        """Return the unknown fields, which the original program does not read either.

        Args:
            config: dict.
            file: Path. Where it was read.

        Raises:
            InputError: a field makes it another model.
        """
        for name, values in self.accepted.items():
            given = config.get(name, values[0])
            if not any(type(given) is type(value) and given == value for value in values):
                raise InputError(
                    "{file}: {name} must be {expected}. Received: {given!r:.80}",
                    file=file,
                    name=name,
                    expected=values[0] if isinstance(values[0], str) else json.dumps(values[0]),
                    given=given,
                )
        return sorted(set(config) - self.known)


def unknown_note(unknown: list[str], file: Path) -> tuple[str, ...]:
    """Return the line that reports unknown fields, or nothing."""
    if not unknown:
        return ()
    names = Joined(name[:40] for name in unknown[:_MAX_NAMED])
    more = (
        worded(" and {number} more", number=len(unknown) - _MAX_NAMED)
        if len(unknown) > _MAX_NAMED
        else ""
    )
    return (
        worded(
            "Ignored fields of {name}, which are not BERT's: {names}{more}.",
            name=file.name,
            names=names,
            more=more,
        ),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SIZES = _names(
    "vocab_size hidden_size num_hidden_layers num_attention_heads intermediate_size "
    "max_position_embeddings type_vocab_size hidden_act hidden_dropout_prob "
    "attention_probs_dropout_prob"
)

HUGGING_FACE = ConfigFields(
    honoured=_SIZES | {"layer_norm_eps", "model_type"},
    accepted={
        "is_decoder": (False, None),
        "add_cross_attention": (False, None),
        "is_encoder_decoder": (False, None),
        "position_embedding_type": ("absolute", None),
        "pruned_heads": ({}, [], None),
        "quantization_config": (None,),
        "auto_map": (None, {}),
    },
    head=_names("architectures classifier_dropout id2label kbert_target problem_type thresholds"),
    without_effect=_names(
        # the model's: how it is computed, other heads, the values of random weights
        "initializer_range pad_token_id bos_token_id eos_token_id sep_token_id label2id num_labels "
        "_num_labels chunk_size_feed_forward use_cache tie_word_embeddings gradient_checkpointing "
        "dtype torch_dtype use_bfloat16 torchscript attn_implementation _attn_implementation "
        "_attn_implementation_internal _attn_implementation_autoset _experts_implementation "
        "output_attentions output_hidden_states output_past return_dict tf_legacy_loss xla_device "
        "directionality pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers "
        "pooler_size_per_head pooler_type "
        # where it comes from
        "_name_or_path transformers_version finetuning_task tokenizer_class prefix "
        "task_specific_params custom_pipelines language name _commit_hash "
        # of models that generate text
        "cross_attention_hidden_size tie_encoder_decoder decoder_start_token_id max_length "
        "min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty "
        "temperature top_k top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size "
        "encoder_no_repeat_ngram_size bad_words_ids num_return_sequences output_scores "
        "return_dict_in_generate forced_bos_token_id forced_eos_token_id remove_invalid_values "
        "exponential_decay_length_penalty suppress_tokens begin_suppress_tokens"
    ),
)
"""The fields of transformers' `BertConfig`, today's and earlier ones."""

GOOGLE = ConfigFields(
    honoured=_SIZES,
    accepted={"layer_norm_eps": (1e-12,)},  # what Google's code computes with
    head=frozenset(),
    without_effect=_names(
        "initializer_range directionality pooler_fc_size pooler_num_attention_heads "
        "pooler_num_fc_layers pooler_size_per_head pooler_type"
    ),
)
"""The fields of bert_config.json of google-research/bert."""
