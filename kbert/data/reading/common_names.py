"""Common names of columns."""

from kbert.choices import TargetKind

# Common names, in the order of preference; compared in lower case.
PAIR_NAMES = (
    ("sentence1", "sentence2"),
    ("question1", "question2"),
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("#1 string", "#2 string"),
)
# fmt: off
TEXT_NAMES = (
    "text", "texts", "sentence", "text_a", "sentence1", "review", "comment", "content",
    "document", "message", "tweet", "utterance", "body", "query", "question", "description",
    "文本", "内容", "评论", "句子", "正文",
)
LABEL_NAMES = (
    "label", "labels", "class", "category", "target", "sentiment", "intent", "gold_label",
    "topic", "tag", "quality", "is_duplicate", "y", "标签", "类别", "分类",
)
_NUMBER_NAMES = (
    "label", "labels", "target", "score", "scores", "similarity", "similarity_score", "rating",
    "stars", "value", "y", "分数", "评分", "得分",
)
# fmt: on


def label_column_names(target: TargetKind | None) -> tuple[str, ...]:
    """Return the common names of the label's column, in the order of preference.

    Args:
        target: str or None. What a label is, where that is known.
    """
    if target != "regression":
        return LABEL_NAMES
    return tuple(dict.fromkeys((*_NUMBER_NAMES, *LABEL_NAMES)))
