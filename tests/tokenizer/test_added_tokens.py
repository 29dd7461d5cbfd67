"""Added tokens: the ids are those of transformers' tokenizer on texts that contain some."""

import json

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken

from kbert import KbertError, Tokenizer
from kbert.interop.hugging_face import hugging_face_tokenizer

TOKENS = [
    *("<user>", "<URL>", "covid-19", "Ünique", "好评", "don't"),
    AddedToken("\n", normalized=False),
    AddedToken("[Turn]", normalized=False),
    AddedToken("<sp>", normalized=False, lstrip=True, rstrip=True),
    AddedToken("BERT", single_word=True),
    AddedToken("🤗", normalized=False),
    AddedToken("مرحبا"),
    AddedToken("[unused7]", special=True),
    AddedToken("movie", single_word=True, normalized=False),
    AddedToken("##ly", normalized=False),
]
SENTENCES = [
    "Thanks <user>, see <url> and <URL>!",
    "a<user>b <USER>,<User>.<user><user>",
    "COVID-19 was covid-19; anticovid-19s, covid - 19",
    "Ünique unique UNIQUE uniquely",
    "这部电影好评如潮,好 评",
    "Don't say don't, don’t, do n't",
    "one\ntwo\r\nthree\t[Turn]four [turn] [TURN][Turn]",
    "left  <sp>  right<sp>x <SP> ",
    "bert BERT bertology (bert) BERT's xbert",
    "🤗 hugging🤗face 🤗🤗",
    "قال مرحبا للجميع <user>",
    "[unused7] [UNUSED7] x[unused7]y [unused8]",
    "The movie, a Movie; movies are movie-like. quick##ly ##ly ##LY",
    "emoji 🫨 and 🤖 with <user> [Turn] <sp> BERT movie covid-19 好评",
    "ԱԲ ქართული <User> [Turn] हिन्दी\n<URL> 𠀀好评𠀀",
    "",
    " ",
]
PARTS = st.sampled_from(
    [*"aB .,!?-'\n", "  ", "é", "好", "🤗", "🤖", "ع", "क", "ly", "s", "\u0378", "\u200b"]
    + [str(token) for token in TOKENS]
    + [str(token).upper() for token in TOKENS]
)
TEXTS = st.lists(PARTS, max_size=12).map("".join)


def folder_of(path, vocabulary, **arguments):
    """Write a folder as transformers does, and return its tokenizer."""
    (path / "vocab.txt").write_bytes(vocabulary.read_bytes())
    theirs = transformers.BertTokenizer.from_pretrained(path, **arguments)
    theirs.add_tokens(TOKENS)
    theirs.save_pretrained(path)
    (path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    return transformers.AutoTokenizer.from_pretrained(path)


@pytest.fixture(scope="module", params=[True, False], ids=["lower", "cased"])
def both(request, minilm_vocab, tmp_path_factory):
    """The tokenizer of transformers, and kbert's for the same folder."""
    folder = tmp_path_factory.mktemp("added")
    theirs = folder_of(folder, minilm_vocab, do_lower_case=request.param)
    return theirs, hugging_face_tokenizer(folder)


def ids_of(theirs, text):
    return theirs(text, add_special_tokens=False)["input_ids"]


def test_ids_are_those_of_transformers(both):
    theirs, ours = both
    assert len(ours) == len(theirs) > 30522 == len(ours.vocabulary)
    for text, ids in zip(SENTENCES, ours.token_ids(SENTENCES), strict=True):
        assert ids == ids_of(theirs, text), text
        assert [ours.ids[piece] for piece in ours.tokenize(text)] == ids


@given(text=TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text_has_the_ids_of_transformers(both, text):
    theirs, ours = both
    assert ours.token_ids([text]) == [ids_of(theirs, text)]


def test_googles_special_pieces_stay_plain_text(both):
    _, ours = both
    inner = "mask" if ours.lowercase else "[UNK]"
    assert ours.tokenize("[MASK]<user>") == ["[", inner, "]", "<user>"]


def test_added_tokens_survive_a_config_and_a_file(both, tmp_path):
    theirs, ours = both
    again = Tokenizer.from_config(json.loads(json.dumps(ours.get_config())))
    assert again.get_config() == ours.get_config()
    assert again.fingerprint == ours.fingerprint
    (tmp_path / "tokenizer.json").write_text(ours.to_hugging_face(), encoding="utf-8")
    back = Tokenizer.from_file(tmp_path / "tokenizer.json")
    # kbert finds special tokens in texts: it writes them as plain, so that others find them too.
    plain = [{**token, "special": False} for token in ours.added_tokens]
    assert back.get_config() == {**ours.get_config(), "added_tokens": plain}
    loaded = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"), split_special_tokens=True
    )
    for text in SENTENCES[:-5]:  # without characters on which kbert follows Google
        assert ids_of(loaded, text) == ids_of(theirs, text)
    found = {number: str(token) for number, token in loaded.added_tokens_decoder.items()}
    theirs_found = {number: str(token) for number, token in theirs.added_tokens_decoder.items()}
    specials = set(theirs.all_special_ids)
    assert found == {n: text for n, text in theirs_found.items() if n not in specials}


PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b"]
SPEC = {
    "model": {"type": "WordPiece", "vocab": {piece: n for n, piece in enumerate(PIECES)}},
    "normalizer": {"type": "BertNormalizer"},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
}
OLDER = {
    "added_tokens.json": {"<x>": 7, "<Y>": 8, "[MASK]": 4},
    "special_tokens_map.json": {
        "mask_token": "[MASK]",
        "bos_token": {"__type": "AddedToken", "content": "a", "lstrip": True, "single_word": True},
        "extra_special_tokens": ["<x>", "<x>", "nowhere"],
        "additional_special_tokens": ["<Y>"],
    },
}
DECODER = {
    "tokenizer_config.json": {
        "do_lower_case": True,
        "added_tokens_decoder": {
            "8": {"content": "<Y>", "normalized": True, "__type": "AddedToken"},
            "4": {"content": "[MASK]", "special": True},
            "7": {"content": "<x>", "special": True},
        },
        "bos_token": {"__type": "AddedToken", "content": "a", "lstrip": True, "single_word": True},
    }
}


def write(folder, files):
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize("files", [OLDER, DECODER], ids=["older", "decoder"])
def test_folders_without_tokenizer_json(files, tmp_path):
    ours = hugging_face_tokenizer(write(tmp_path, files))
    flags = {"rstrip": False, "special": False, "single_word": False, "lstrip": False}
    assert list(ours.added_tokens) == [
        {"content": "<x>", **flags, "normalized": False, "special": True},
        {"content": "<Y>", **flags, "normalized": True},
        {**flags, "content": "a", "normalized": False, "lstrip": True, "single_word": True}
        | {"special": True},
    ]
    assert ours.token_ids(["<x><X> <y> ab a"]) == [[7, 1, 1, 1, 8, 5, 6, 5]]
    theirs = transformers.BertTokenizer.from_pretrained(tmp_path)
    assert ids_of(theirs, "<x><X> <y> ab a") == ours.token_ids(["<x><X> <y> ab a"])[0]


def test_without_added_tokens_nothing_changes():
    ours = Tokenizer(PIECES)
    assert list(ours.get_config()) == ["vocabulary", "lowercase", "strip_accents", "split_cjk"]
    assert ours.fingerprint == Tokenizer(PIECES, added_tokens=[]).fingerprint
    assert ours.fingerprint != Tokenizer(PIECES, added_tokens=[{"content": "x"}]).fingerprint
    # The fingerprint of a run from before there were added tokens.
    assert ours.fingerprint.startswith("d9fd63c6e4dd0c1b")


def token(**changes):
    return {**SPEC, "added_tokens": [{"id": 7, "content": "<x>", **changes}]}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (token(id=9), "'<x>' has the id 9, but 7 was expected"),
        (token(id=5), "'<x>' has the id 5, but 7 was expected"),
        (token(id=8, content="a"), "'a' has the id 8, but 5 was expected"),
        (token(id="7"), "with an integer as its id"),
        (token(id=None), "with an integer as its id"),
        (token(content=7), "whose content is a string of 1 to 1,000"),
        (token(content=["<x>"]), "whose content is a string of 1 to 1,000"),
        (token(content=""), "whose content is a string of 1 to 1,000"),
        (token(content="\0"), "whose content is a string of 1 to 1,000"),
        (token(content="\ud800"), "whose content is a string of 1 to 1,000"),
        (token(content="x" * 10**7), "whose content is a string of 1 to 1,000"),
        (token(lstrip="yes"), "'<x>': .* must be true or false.* 'lstrip' with 'yes'"),
        (token(content="\u200b"), "is empty after normalization"),
        ({**SPEC, "added_tokens": {"id": 7}}, "added_tokens must be a list of objects"),
        ({**SPEC, "added_tokens": ["<x>"]}, "must be a list of objects"),
        (
            {**SPEC, "added_tokens": [{"id": i, "content": "<x>"} for i in (7, 8)]},
            "'<x>' occurs twice",
        ),
        (
            {**SPEC, "added_tokens": [{"id": i, "content": f"{i:999}"} for i in range(7, 1107)]},
            "1,098,900 characters in total",
        ),
    ],
    ids=range(17),
)
def test_other_added_tokens_are_refused(spec, message, tmp_path):
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(spec))
    with pytest.raises(KbertError, match=message) as refusal:
        Tokenizer.from_file(file)
    assert str(refusal.value).startswith(str(file))
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"added_tokens.json": {"<x>": "7"}}, "integer as its id"),
        ({"added_tokens.json": {"<x>": 7, "<y>": 7}}, "'<y>' has the id 7, but 8 was expected"),
        ({"tokenizer_config.json": {"added_tokens_decoder": ["<x>"]}}, "must be an object"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"x": {}}}}, "as its id"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"9" * 9999: {}}}}, "as its id"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"7": "<x>"}}}, "as its id"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"7": {"x": 1}}}}, "content"),
        (
            {"special_tokens_map.json": {"bos_token": {"content": "a", "lstrip": 1}}},
            "true or false",
        ),
    ],
    ids=range(8),
)
def test_other_folders_are_refused(files, message, tmp_path):
    with pytest.raises(KbertError, match=message) as refusal:
        hugging_face_tokenizer(write(tmp_path, files))
    assert str(refusal.value).startswith(str(tmp_path))


@pytest.mark.parametrize("token", [{"x": 1}, {"content": ["<x>"]}, {"content": None}], ids=str)
def test_a_token_without_a_text_is_refused_beside_tokenizer_json(token, tmp_path):
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {"7": token}}
    around = {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]}
    files = {"tokenizer.json": {**SPEC, "post_processor": around}, "tokenizer_config.json": config}
    with pytest.raises(KbertError, match="content"):
        hugging_face_tokenizer(write(tmp_path, files))


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ("<x>", "must be a list of objects"),
        (["<x>"], "must be an object whose content"),
        ([{"content": "[MASK]"}], "is one of Google's special pieces"),
        ([{"content": "<x>", "trim": True}], "Received: 'trim' with True"),
    ],
    ids=str,
)
def test_other_arguments_are_refused(tokens, message):
    with pytest.raises(KbertError, match=message):
        Tokenizer(PIECES, added_tokens=tokens)


def test_a_piece_that_occurs_twice():
    assert Tokenizer([*PIECES, "a"], added_tokens=[{"content": "a"}]).token_ids(["ba"]) == [[1, 7]]
    with pytest.raises(
        KbertError, match="occurs twice, so the ids of the added tokens are ambiguous"
    ):
        Tokenizer([*PIECES, "a"], added_tokens=[{"content": "<x>"}])
