from kbert.cli.preset_tokenizer import preset_tokenizer


def test_a_folder_has_a_tokenizer(tiny_preset):
    tokenizer, why_not = preset_tokenizer(str(tiny_preset))
    (encoded,) = tokenizer.encode(["a story"], max_length=8)
    assert encoded[0] == [101, 1037, 2466, 102]  # in Google's vocabulary
    assert why_not == ""


def test_a_preset_on_a_hub_needs_keras():
    tokenizer, why_not = preset_tokenizer("bert_tiny_en_uncased")
    assert tokenizer is None
    assert why_not == "the preset bert_tiny_en_uncased is on a hub, which needs Keras"


def test_a_folder_without_a_model_says_why(tmp_path):
    tokenizer, why_not = preset_tokenizer(str(tmp_path))
    assert tokenizer is None
    assert str(tmp_path) in why_not
