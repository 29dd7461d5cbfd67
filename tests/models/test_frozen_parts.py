"""Frozen parts stay frozen in files that Keras saves, and nowhere else."""

import pytest

from kbert import BertClassifier, Freeze, InputError, TrainingPlan, create_optimizer, read_examples

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # all have the same flags


def trained(model):
    return {v.path for v in model.trainable_variables}


def backbone(model):
    model.backbone.trainable = False
    model.backbone.transformer_layers[1].trainable = True


def whole(model):
    model.trainable = False


@pytest.mark.parametrize("change", [Freeze(embeddings=True, layers=1), backbone, whole])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_config_keeps_frozen_parts(change, pooling, tiny_model):
    model = tiny_model(layers=2, pooling=pooling)
    assert "frozen" not in model.get_config()
    change(model)
    again = BertClassifier.from_config(model.get_config())
    assert trained(again) == trained(model)
    assert again.get_config() == model.get_config()
    assert again.backbone.trainable == model.backbone.trainable


def test_a_keras_file_keeps_frozen_parts_and_folders_do_not(tiny_model, reviews, tmp_path):
    model = Freeze(embeddings=True)(tiny_model())
    train = read_examples(reviews, labels=model.labels)
    plan = TrainingPlan(examples=len(train), batch_size=8, epochs=1)
    model.compile(create_optimizer(plan))
    model.fit(model.batches(train, plan), verbose=0)
    model.save(tmp_path / "model.keras")
    model.save_to(tmp_path / "folder")
    loaded = BertClassifier.load(tmp_path / "model.keras")
    assert trained(loaded) == trained(model)
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) > 0
    for other in (
        BertClassifier.load(tmp_path / "folder"),
        BertClassifier.load(tmp_path / "model.keras", max_length=12),
        BertClassifier.from_preset(str(tmp_path / "model.keras"), ["a", "b"]),
    ):
        assert len(other.trainable_variables) == len(other.weights)


def test_an_unknown_part_is_refused(tiny_model):
    config = {**tiny_model().get_config(), "frozen": ["layer_9"]}
    with pytest.raises(InputError, match="no part 'layer_9' that could be frozen. It has: model, "):
        BertClassifier.from_config(config)
