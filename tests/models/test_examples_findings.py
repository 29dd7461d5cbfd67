"""What BertClassifier.fit and PlanGuard find in the examples behind their batches."""

import keras
import pytest

from kbert import (
    Batches,
    EpochEvaluation,
    FindingsError,
    PlanGuard,
    TokenStore,
    TrainingPlan,
    create_optimizer,
    inspect_examples,
    read_examples,
)
from kbert.models.examples_findings import examples_findings

pytestmark = [
    pytest.mark.keras,
    # Findings do not depend on the backend, and each fit has to be compiled.
    pytest.mark.any_backend,
]


@pytest.fixture
def fit(tiny_model):
    """A function that trains on texts and labels, and returns the guard's findings."""

    def run(texts, labels, *, allow=(), guarded=True, sets=None, **arguments):
        train = read_examples((texts, labels))
        model = tiny_model(labels=train.labels)
        plan = TrainingPlan(len(train), batch_size=4, epochs=1, learning_rate=1e-3)
        model.compile(create_optimizer(plan))
        guard = PlanGuard(plan, allow=allow)
        own = {name: model.batches(given) for name, given in (sets or {}).items()}
        evaluation = [EpochEvaluation(own, verbose=0)] if own else []
        model.fit(
            model.batches(train, plan),
            verbose=0,
            callbacks=[*evaluation, *([guard] if guarded else [])],
            **{name: model.batches(given) for name, given in arguments.items()},
        )
        return {finding.code: finding.severity for finding in guard.findings}

    return run


def texts(rows, word="film"):
    words = ("good", "bad", "moving", "dull", "fine")
    return [f"a {words[row % 5]} {word} of {row} scenes" for row in range(rows)]


VARIANTS = ["Yes", "no", "yes ", "YES"] * 12


def test_variants_of_one_label_are_refused_as_by_kbert_train(fit):
    with pytest.raises(FindingsError, match="differ only in case or blanks .*'yes ' ") as refusal:
        fit(texts(48), VARIANTS)
    assert [finding.code for finding in refusal.value.findings] == ["label-variants"]


def test_variants_of_one_label_are_refused_without_a_guard_too(fit):
    with pytest.raises(FindingsError, match="differ only in case or blanks") as refusal:
        fit(texts(48), VARIANTS, guarded=False)
    allow = 'callbacks=[kbert.PlanGuard(plan, allow=("label-variants",))]'
    assert str(refusal.value).endswith(f"To continue anyway: {allow}")


def test_an_allowed_error_is_a_warning(fit, capsys):
    assert fit(texts(48), VARIANTS, allow=["label-variants"]) == {"label-variants": "warning"}
    assert capsys.readouterr().out.startswith("WARNING label-variants (allowed): ")


@pytest.mark.parametrize(
    ("rows", "labels", "found"),
    [
        (texts(48), ["yes", "no"] * 24, {}),
        (texts(48), ["yes", *["no"] * 47], {"rare-class": "warning", "imbalance": "warning"}),
        (["a " * 30 + row for row in texts(48)], ["yes", "no"] * 24, {"texts-cut": "warning"}),
    ],
    ids=["sound", "rare", "cut"],
)
def test_warnings_match_kbert_train(fit, rows, labels, found):
    assert fit(rows, labels) == found


def test_texts_of_unknown_tokens_are_refused(fit):
    with pytest.raises(FindingsError, match=r"tokens are \[UNK\]"):
        fit([f"电影很好看{row}" for row in range(48)], ["yes", "no"] * 24)


def test_a_development_set_that_was_trained_on_is_refused(fit):
    rows, labels = texts(60), ["yes", "no"] * 30
    same, other = read_examples((rows, labels)), read_examples((texts(60, "book"), labels))
    assert fit(rows, labels, sets={"dev": other}) == {}
    for given in ({"sets": {"dev": same}}, {"validation_data": same, "guarded": False}):
        with pytest.raises(FindingsError, match="60 of the 60 rows of .* training set.*split"):
            fit(rows, labels, **given)
    assert fit(rows, labels, sets={"dev": same}, allow=["dev-overlap"]) == {
        "dev-overlap": "warning"
    }


def test_a_small_development_set_is_reported(fit, capsys):
    few = read_examples((texts(20, "book"), ["yes", "no"] * 10))
    assert fit(texts(48), ["yes", "no"] * 24, sets={"held": few}) == {"dev-small": "warning"}
    assert "held has 20 rows" in capsys.readouterr().out


def test_the_training_set_may_be_evaluated_after_another(tiny_model):
    train = read_examples((texts(60), ["yes", "no"] * 30))
    other = read_examples((texts(60, "book"), ["yes", "no"] * 30))
    model = tiny_model(labels=train.labels)
    batches, own = model.batches(train), model.batches(train)
    assert not examples_findings(model, batches, {"dev": model.batches(other), "train": own})
    assert examples_findings(model, batches, {"train": own})


def test_any_keras_model_is_guarded(tiny_preset):
    """Its batches are given to the guard; what only BertClassifier.fit sees is not needed."""
    from kbert import Tokenizer

    train = read_examples((texts(48), VARIANTS))
    tokenizer = Tokenizer.from_file(tiny_preset / "vocab.txt")
    store = TokenStore.build(train, tokenizer, 16)
    data = Batches(store, 4, order="shuffled", examples=train)
    names = data[0][0]
    inputs = {n: keras.Input((None,), dtype="int32", name=n) for n in names}
    embedded = keras.layers.Embedding(30522, 4)(inputs["token_ids"])
    pooled = keras.layers.GlobalAveragePooling1D()(embedded)
    model = keras.Model(inputs, keras.layers.Dense(4)(pooled))
    plan = TrainingPlan(48, batch_size=4, epochs=1, learning_rate=1e-3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(create_optimizer(plan), loss)
    with pytest.raises(FindingsError, match="differ only in case or blanks"):
        model.fit(data, shuffle=False, verbose=0, callbacks=[PlanGuard(plan, data=data)])


def test_batches_not_made_from_examples_are_not_judged(tiny_model):
    train = read_examples((texts(48), VARIANTS))
    model = tiny_model(labels=train.labels)
    assert "label-variants" in [finding.code for finding in inspect_examples(train).findings]
    store = TokenStore.build(train, model.tokenizer, 16)
    assert examples_findings(model, Batches(store), {}) == []
    assert examples_findings(model, [1, 2], {}) == []
