import pytest

from kbert.data.reading.columns import choose_columns
from kbert.data.reading.common_names import LABEL_NAMES, PAIR_NAMES, TEXT_NAMES
from kbert.data.reading.rows import Table
from kbert.errors import KbertError
from kbert.targets.regression import Regression


def choose(names, *, has_header=True, **options):
    return choose_columns(Table("a.csv", names, iter(()), has_header), **options)


@pytest.mark.parametrize(
    ("header", "text", "pair", "label"),
    [
        ("text label", 0, None, 1),
        ("label text", 1, None, 0),
        ("Label Review id", 1, None, 0),
        ("id review text sentiment", 2, None, 3),
        ("index sentence1 sentence2 label", 1, 2, 3),
        ("id qid1 qid2 question1 question2 is_duplicate", 3, 4, 5),
        ("premise hypothesis label idx", 0, 1, 2),
        ("index question sentence label", 1, 2, 3),
        ("question answer label", 0, None, 2),
        ("index promptID sentence1 sentence2 label1 gold_label", 2, 3, 5),
        ("评论 标签", 0, None, 1),
    ],
)
def test_common_names_are_found(header, text, pair, label):
    columns = choose(header.split())
    assert (columns.text, columns.pair, columns.label) == (text, pair, label)


@pytest.mark.parametrize(
    ("header", "text", "pair", "label"),
    [
        ("label review", 1, None, 0),  # ChnSentiCorp_htl_all, waimai_10k, weibo_senti_100k
        ("qid label text_a", 2, None, 1),  # ChnSentiCorp of PaddleNLP
        ("cat label review", 2, None, 1),  # online_shopping_10_cats
        ("label label_desc sentence keywords id", 2, None, 0),  # CLUE TNEWS
        ("sentence1 sentence2 label", 0, 1, 2),  # CLUE AFQMC
        ("微博id 微博发布时间 发布人账号 微博中文内容 微博图片 微博视频 情感倾向", 3, None, 6),
        ("留言编号 留言用户 留言主题 留言时间 留言详情 一级标签", 4, None, 5),
        ("评论内容 情感倾向", 0, None, 1),
        ("标题 内容 类别", 1, None, 2),
        ("新闻标题 频道", 0, None, 1),
        ("句子1 句子2 是否相似", 0, 1, 2),
        ("編號 評論 標籤", 1, None, 2),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_of_chinese_data_sets_are_found(header, text, pair, label):
    columns = choose(header.split())
    assert (columns.text, columns.pair, columns.label) == (text, pair, label)


@pytest.mark.parametrize("name", TEXT_NAMES)
def test_each_text_name(name):
    assert choose(["x", name.upper(), "label"]).text == 1


@pytest.mark.parametrize("name", LABEL_NAMES)
def test_each_label_name(name):
    assert choose(["text", "x", name.title()]).label == 2


@pytest.mark.parametrize(
    ("header", "of_numbers", "of_classes"),
    [
        ("text score", 1, None),  # sentence-transformers' STS sets
        ("text Rating", 1, None),
        ("text value label", 2, 2),
        ("text category score", 2, 1),
        ("text quality", 1, 1),
        ("Comment Star", 1, None),  # DMSC
        ("评论内容 评分", 1, None),
    ],
)
def test_numbers_have_common_names_too(header, of_numbers, of_classes):
    names = header.split()
    assert choose(names, target=Regression()).label == of_numbers
    assert choose(names, need_label=False).label == of_classes


@pytest.mark.parametrize("names", PAIR_NAMES, ids="-".join)
def test_each_pair_of_names(names):
    columns = choose(["label", names[1], "text", names[0]])
    assert (columns.text, columns.pair, columns.label) == (3, 1, 0)


@pytest.mark.parametrize(
    ("options", "positions"),
    [
        ({"text": "b"}, (1, None, 3)),
        ({"text": "2"}, (2, None, 3)),
        ({"text": "b", "pair": "a"}, (1, 0, 3)),
        ({"text": "b", "pair": "2", "label": "3"}, (1, 2, 3)),
        ({"text": "0", "label": "a"}, (4, None, 0)),
    ],
    ids=["name", "position", "pair", "pair by position", "a name wins over a position"],
)
def test_named_columns(options, positions):
    columns = choose(["a", "b", "c", "label", "0"], **options)
    assert (columns.text, columns.pair, columns.label) == positions


def test_no_pair_is_guessed_when_the_text_is_named():
    assert choose(["text_a", "text_b", "label"], text="text_a").pair is None


@pytest.mark.parametrize(
    ("names", "options", "held"),
    [
        (
            "foo bar",
            {},
            ["a.csv", "the text or the label", "'foo', 'bar'", 'text="NAME", label="NAME"'],
        ),
        ("text bar", {}, ["a.csv", "recognized as the label", 'label="NAME"', "header=False"]),
        ("0 1", {"has_header": False}, ["a.csv", "no header", 'text="NAME", label="NAME"']),
        ("text label", {"text": "body"}, ["a.csv", "'body'", "'text', 'label'", 'text="NAME"']),
        ("text label", {"label": "2"}, ["a.csv", "'2'", 'label="NAME"']),
        ("text label", {"label": "-1"}, ["a.csv", "'-1'", 'label="NAME"']),
        ("text label", {"text": "text", "pair": "x"}, ["a.csv", "'x'", 'pair="NAME"']),
        ("text label", {"pair": "label"}, ["'label'", "without `text`"]),
        (
            "text label",
            {"text": "label"},
            ["a.csv", "text and as the label", "two different columns"],
        ),
        ("text label", {"label": "0"}, ["a.csv", "text and as the label", "two different columns"]),
        (
            *("text label", {"text": "text", "pair": "0"}),
            ["a.csv", "text and as the pair", 'text="NAME", pair="NAME"'],
        ),
        (
            *("a b label", {"text": "a", "pair": "b", "label": "b"}),
            ["a.csv", "pair and as the label", 'pair="NAME", label="NAME"'],
        ),
    ],
)
def test_refusals_name_the_columns_and_a_cure(names, options, held):
    with pytest.raises(KbertError) as refusal:
        choose(names.split(), **options)
    assert [part for part in held if part not in str(refusal.value)] == []


@pytest.mark.parametrize(
    ("names", "wanted", "meant"),
    [
        (["text", "lable"], "label", "lable"),
        (["Text", "label"], "text", "Text"),
        (["text", "sentiment"], "sentimet", "sentiment"),
        (["text", "标签名"], "标签", "标签名"),
    ],
)
def test_a_name_that_is_nearly_one_of_the_columns(names, wanted, meant):
    with pytest.raises(KbertError, match=f"has no column '{wanted}'. Did you mean '{meant}'?"):
        choose(names, text=wanted)
    with pytest.raises(KbertError) as refusal:
        choose(names, text="unlike them all")
    assert "Did you mean" not in str(refusal.value)


@pytest.mark.parametrize("name", ["²", "9" * 5000, "٣", "-1", "1.0", ""])
def test_names_that_only_look_like_positions(name):
    with pytest.raises(KbertError, match="has no column"):
        choose(["a", "b", "c", "d", "label"], text=name)


def test_an_exact_name_wins_over_one_in_another_case():
    assert choose(["TEXT", "text", "Label", "label"]).text == 1
    assert choose(["TEXT", "text", "Label", "label"]).label == 3


def test_header_false_is_not_proposed_without_a_header():
    with pytest.raises(KbertError) as refusal:
        choose(["0", "1"], has_header=False)
    assert "header=" not in str(refusal.value)


def test_many_and_long_names_are_abbreviated():
    with pytest.raises(KbertError, match=r"'y{39}…'.*, … \(20\)\. Cure") as refusal:
        choose(["y" * 5000, *(f"c{i}" for i in range(19))])
    assert len(str(refusal.value)) < 500


def test_a_label_may_be_absent_where_none_is_needed():
    assert choose(["text"], need_label=False).label is None


def test_str_describes_the_columns_chosen():
    columns = choose(["#1 String", "#2 String", "Quality"])
    assert str(columns) == "text = '#1 String', pair = '#2 String', label = 'Quality'"
    assert str(choose(["text"], need_label=False)) == "text = 'text'"
