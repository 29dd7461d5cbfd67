"""Small files in the layouts of GLUE and XNLI."""

from pathlib import Path

import numpy as np
import pytest

from kbert import KbertError, Labels
from kbert.data.reading.task_layouts import TASKS
from kbert.data.reading.tasks import read_task

# What their publishers' files begin with, and a few rows.
FILES = {
    "mrpc": {
        "train.tsv": "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
        '1\t1\t2\tHe said "so .\tSo he said .\n0\t3\t4\tOne .\tTwo .\n',
        "dev.tsv": "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t5\t6\tA .\tB .\n",
        "test.tsv": "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t7\t8\tC .\tD .\n",
    },
    "cola": {
        "train.tsv": "gj04\t1\t\tIt rains.\ngj04\t0\t*\tRains it it.\n",
        "dev.tsv": "gj04\t1\t\tHe sleeps.\n",
        "test.tsv": "index\tsentence\n0\tShe sings.\n",
    },
    "mnli": {
        "train.tsv": "index\ta\tb\tc\td\te\tf\tg\tsentence1\tsentence2\tlabel1\tgold_label\n"
        "0\t.\t.\t.\t.\t.\t.\t.\tIt rains.\tIt is wet.\tneutral\tentailment\n"
        "1\t.\t.\t.\t.\t.\t.\t.\tIt rains.\tIt is dry.\tneutral\tcontradiction\n",
        "dev_matched.tsv": "index\ta\tb\tc\td\te\tf\tg\tsentence1\tsentence2\tl1\tl2\tgold_label\n"
        "0\t.\t.\t.\t.\t.\t.\t.\tA.\tB.\tneutral\tneutral\tneutral\n",
        "test_matched.tsv": "index\ta\tb\tc\td\te\tf\tg\tsentence1\tsentence2\n"
        "0\t.\t.\t.\t.\t.\t.\t.\tC.\tD.\n",
    },
    "xnli": {
        "multinli/multinli.train.zh.tsv": "premise\thypo\tlabel\n下雨 了\t地 湿 了\tentailment\n"
        "下雨 了\t地 干 了\tcontradictory\n",
        "xnli.dev.tsv": "language\tgold_label\ta\tb\tc\td\tsentence1\tsentence2\tmore\n"
        "en\tneutral\t.\t.\t.\t.\tIt rains.\tIt is wet.\t.\n"
        "zh\tneutral\t.\t.\t.\t.\t下雨了\t我饿了\t.\n",
        "xnli.test.tsv": "language\tgold_label\ta\tb\tc\td\tsentence1\tsentence2\tmore\n"
        "zh\tentailment\t.\t.\t.\t.\t甲\t乙\t.\n",
    },
    "sst-2": {
        "train.tsv": "sentence\tlabel\na moving film \t1\ndull \t0\n",
        "dev.tsv": "sentence\tlabel\ncharming . \t1\n",
        "test.tsv": "index\tsentence\n0\tuneasy mishmash\n",
    },
    "rte": {
        "train.tsv": "index\tsentence1\tsentence2\tlabel\n0\tA.\tB.\tnot_entailment\n"
        "1\tC.\tD.\tentailment\n",
        "dev.tsv": "index\tsentence1\tsentence2\tlabel\n0\tE.\tF.\tentailment\n",
        "test.tsv": "index\tsentence1\tsentence2\n0\tG.\tH.\n",
    },
    "qnli": {
        "train.tsv": "index\tquestion\tsentence\tlabel\n0\tWho?\tHe.\tentailment\n"
        "1\tWhen?\tHere.\tnot_entailment\n",
        "dev.tsv": "index\tquestion\tsentence\tlabel\n0\tWhy?\tSo.\tentailment\n",
        "test.tsv": "index\tquestion\tsentence\n0\tHow?\tThus.\n",
    },
}
FILES["mnli-mm"] = {
    "train.tsv": FILES["mnli"]["train.tsv"],
    "dev_mismatched.tsv": FILES["mnli"]["dev_matched.tsv"].replace("A.", "M."),
    "test_mismatched.tsv": FILES["mnli"]["test_matched.tsv"].replace("C.", "N."),
}
FILES["qqp"] = {
    "train.tsv": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
    '1\t2\t3\tWho is "he?\tWho is he?\t1\n'
    "4\t5\t6\tbroken off\n"
    "7\t8\t9\tWhy?\tWhen?\t0\n",
    "dev.tsv": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tHow?\tSo?\t0\n",
    "test.tsv": "id\tquestion1\tquestion2\n0\tWhere?\tThere?\n",
}
FILES["wnli"] = {
    "train.tsv": "index\tsentence1\tsentence2\tlabel\n0\tIt fell.\tThe cup fell.\t1\n",
    "dev.tsv": "index\tsentence1\tsentence2\tlabel\n0\tIt broke.\tThe pin broke.\t0\n",
    "test.tsv": "index\tsentence1\tsentence2\n0\tIt rang.\tThe bell rang.\n",
}
FILES["stsb"] = {
    name: "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2"
    + (head and "\tscore")
    + f"\n0\tmain-news\tf\t2012\t1\tn\tn\t{rows}\n"
    for name, head, rows in (
        ("train.tsv", "score", 'A "man .\tA girl .\t0.600\n1\tm\tf\t2\t1\tn\tn\tX.\tX.\t5.000'),
        ("dev.tsv", "score", "A plane.\tA jet.\t4.25"),
        ("test.tsv", "", "A cat.\tA dog."),
    )
}
EXPECTED = {
    ("mrpc", "train"): [('He said "so .', "So he said .", "1"), ("One .", "Two .", "0")],
    ("mrpc", "test"): [("C .", "D .", None)],
    ("cola", "train"): [("It rains.", None, "1"), ("Rains it it.", None, "0")],
    ("cola", "test"): [("She sings.", None, None)],
    ("mnli", "train"): [
        ("It rains.", "It is wet.", "entailment"),
        ("It rains.", "It is dry.", "contradiction"),
    ],
    ("mnli", "dev"): [("A.", "B.", "neutral")],
    ("mnli", "test"): [("C.", "D.", None)],
    ("xnli", "train"): [
        ("下雨 了", "地 湿 了", "entailment"),
        ("下雨 了", "地 干 了", "contradiction"),
    ],
    ("xnli", "dev"): [("下雨了", "我饿了", "neutral")],
    ("xnli", "test"): [("甲", "乙", "entailment")],
    ("sst-2", "dev"): [("charming . ", None, "1")],
    ("sst-2", "test"): [("uneasy mishmash", None, None)],
    ("rte", "train"): [("A.", "B.", "not_entailment"), ("C.", "D.", "entailment")],
    ("rte", "test"): [("G.", "H.", None)],
    ("qnli", "train"): [("Who?", "He.", "entailment"), ("When?", "Here.", "not_entailment")],
    ("qnli", "test"): [("How?", "Thus.", None)],
    ("mnli-mm", "dev"): [("M.", "B.", "neutral")],
    ("mnli-mm", "test"): [("N.", "D.", None)],
    ("qqp", "train"): [('Who is "he?', "Who is he?", "1"), ("Why?", "When?", "0")],
    ("qqp", "dev"): [("How?", "So?", "0")],
    ("qqp", "test"): [("Where?", "There?", None)],
    ("wnli", "train"): [("It fell.", "The cup fell.", "1")],
    ("wnli", "dev"): [("It broke.", "The pin broke.", "0")],
    ("wnli", "test"): [("It rang.", "The bell rang.", None)],
}


@pytest.fixture
def write(tmp_path):
    """A function that writes a task's files, and returns their folder."""

    def write(task):
        for name, text in FILES[task].items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize(("task", "split"), EXPECTED, ids=str)
def test_a_split(task, split, write):
    examples = read_task(task, write(task), split)
    assert examples.labels.names == TASKS[task].labels
    names = examples.labels.names
    ids = examples.label_ids
    found = [
        (
            examples.texts[row],
            None if examples.pairs is None else examples.pairs[row],
            None if ids is None else names[ids[row]],
        )
        for row in range(len(examples))
    ]
    assert found == EXPECTED[task, split]


def test_numbers_of_stsb(write):
    folder = write("stsb")
    train, dev, test = (read_task("stsb", folder, split) for split in ("train", "dev", "test"))
    assert (train.labels.names, train.target.kind) == (("score",), "regression")
    np.testing.assert_allclose(train.y, [[0.6], [5]])
    np.testing.assert_allclose(dev.y, [[4.25]])
    assert (train.texts[0], train.pairs[0]) == ('A "man .', "A girl .")
    assert (test.texts, test.pairs, test.y) == (["A cat."], ["A dog."], None)
    for name in ("train.tsv", "dev.tsv"):
        path = folder / name
        path.write_text(path.read_text().replace("sentence2\tscore", "sentence2\tlabel"))
    with pytest.raises(KbertError, match=r"dev.tsv has no column 'score', which the dev set of s"):
        read_task("stsb", folder, "dev")


def test_a_score_of_stsb_that_is_not_a_number(write):
    folder = write("stsb")
    path = folder / "dev.tsv"
    path.write_text(path.read_text().replace("4.25", "high"))
    with pytest.raises(KbertError, match=r"dev.tsv, row 1 \(line 2\): the label .* not a number"):
        read_task("stsb", folder, "dev")


@pytest.mark.parametrize(
    ("score", "is_sound"), [("0", True), ("5.0", True), ("5.5", False), ("-1", False)]
)
def test_scores_of_stsb_are_from_0_to_5(score, is_sound, write):
    folder = write("stsb")
    path = folder / "train.tsv"
    path.write_text(path.read_text().replace("5.000", score))
    if is_sound:
        assert read_task("stsb", folder, "train").y[1] == float(score)
        return
    message = rf"train.tsv, row 2 \(line 3\): the number .*'score'\) is not from 0 to 5: {score}\."
    with pytest.raises(KbertError, match=message):
        read_task("stsb", folder, "train")


def test_a_missing_file(tmp_path):
    with pytest.raises(
        KbertError, match=r"There is no file .*train.tsv, which the task cola needs.*dev.tsv"
    ):
        read_task("cola", tmp_path, "train")


def test_truncated_rows_of_qqp_are_skipped_and_counted(write):
    examples = read_task("qqp", write("qqp"), "train")
    assert len(examples.skipped) == 1


def test_a_file_without_the_columns_that_the_task_names(write):
    with pytest.raises(KbertError, match="has no column 'question1', which the train set of qqp"):
        read_task("qqp", write("rte"), "train")


def test_the_files_of_another_task(write):
    with pytest.raises(
        KbertError, match="has 2 columns, but the train set of mrpc has .* in column 4, counted fr"
    ):
        read_task("mrpc", write("sst-2"), "train")


def test_a_label_of_another_task(write):
    folder = write("rte")
    with pytest.raises(KbertError, match=r"train.tsv, row 1.*entailment"):
        read_task("qnli", Path(write("mnli")), "train")
    assert folder.exists()


def test_a_model_of_other_labels(write):
    folder = write("sst-2")
    assert len(read_task("sst-2", folder, "dev", Labels(("0", "1")))) == 1
    with pytest.raises(KbertError, match="sst-2 has the labels 0, 1, but the model has bad, good"):
        read_task("sst-2", folder, "train", Labels(("bad", "good")))
