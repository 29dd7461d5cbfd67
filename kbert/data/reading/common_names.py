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
    ("query1", "query2"),
    ("title1_zh", "title2_zh"),
    ("句子1", "句子2"),
    ("文本1", "文本2"),
    ("问题1", "问题2"),
    ("问句1", "问句2"),
    ("前提", "假设"),
)
# fmt: off
TEXT_NAMES = (
    "text", "texts", "sentence", "text_a", "sentence1", "review", "comment", "content",
    "document", "message", "tweet", "utterance", "body", "query", "question", "description",
    "评论内容", "评价内容", "微博中文内容", "微博内容", "新闻内容", "文本内容",
    "商品评论", "留言详情",
    "文本", "内容", "评论", "评价", "句子", "正文", "留言", "弹幕", "描述", "问题", "问句", "摘要",
    "标题", "新闻标题", "內容", "評論", "評論內容", "標題", "問題",
)
LABEL_NAMES = (
    "label", "labels", "class", "category", "target", "sentiment", "intent", "gold_label",
    "topic", "tag", "quality", "is_duplicate", "y",
    "情感倾向", "情感标签", "情感类别", "情感极性", "情绪标签", "类别标签", "分类标签",
    "真实标签", "标签",
    "类别", "分类", "情感", "情绪", "极性", "意图", "类型", "种类", "主题", "话题", "领域", "标注",
    "标注结果", "一级标签", "一级分类", "是否相似", "频道", "標籤", "類別", "分類", "情感傾向",
)
_NUMBER_NAMES = (
    "label", "labels", "target", "score", "scores", "similarity", "similarity_score", "rating",
    "stars", "star", "value", "y", "分数", "评分", "得分", "打分", "星级", "相似度",
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
