"""A folder with everything that the pages name: files of data, presets, a run and an export.

The pages train MiniLM, BERT and a Chinese BERT. Here each is a model of one tiny layer. The texts
are few, but real enough to learn from.
"""

import csv
import json
import random
import re
import shutil
import string

from kbert.config import TrainConfig

CONFIG = {
    "model_type": "bert",
    "num_hidden_layers": 1,
    "hidden_size": 32,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 512,
    "hidden_act": "gelu",
}
CHINESE = [
    *("房间很干净，服务也好。", "位置方便，早餐丰富。", "前台热情，下次还来。"),
    *("房间又小又吵，很失望。", "服务太差，不会再来。", "设施旧，早餐也不好。"),
]


def write_table(path, columns, rows, *, delimiter=",", encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        table = csv.writer(file, delimiter=delimiter)
        table.writerow(columns)
        table.writerows(rows)


def write_data(folder, sentences):
    """Write the files of data that the pages name, each text once."""
    pairs = [(" ".join(text.split()), label) for text, label in zip(*sentences, strict=True)]
    takes = [(f"Take {n}. {text}", label) for n in range(1, 3) for text, label in pairs]
    random.Random(0).shuffle(takes)
    more = [(f"More: {text}", label) for text, label in takes[:170]]
    takes = takes[:120]  # enough that no page needs flags for a small file
    texts = [text for text, _ in takes]
    for name in ("reviews.csv", "my.csv"):
        write_table(folder / name, ("text", "label"), takes)
    write_table(folder / "train.tsv", ("text", "label"), takes, delimiter="\t")
    write_table(folder / "more.csv", ("text", "label"), more)
    write_table(folder / "labelled.csv", ("text", "label"), more[:20])
    write_table(folder / "small.csv", ("text", "label"), takes[:60])
    write_table(folder / "new.csv", ("text",), [(text,) for text in texts[:20]])
    write_table(folder / "dirty.csv", ("text", "label"), [*takes, ("", "good")])
    (folder / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    for part in range(1, 3):
        write_table(folder / f"data/part-{part}.csv", ("text", "label"), takes[part - 1 :: 2])
    write_table(folder / "dev/a.csv", ("text", "label"), pairs)
    spam = [(text, "spam" if n % 5 == 0 else "ham") for n, text in enumerate(texts)]
    write_table(folder / "rare.csv", ("text", "label"), spam)
    visits = [
        (text, label, f"P{n % 40}", f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}", 1 + n % 3)
        for n, (text, label) in enumerate(takes)
    ]
    write_table(folder / "visits.csv", ("note", "diagnosis", "patient", "date", "trust"), visits)
    long = [(" ".join([text] * 8), label) for text, label in takes]
    write_table(folder / "long.csv", ("text", "label"), long)
    questions = [(f"Question {n}?", text, label) for n, (text, label) in enumerate(takes)]
    write_table(folder / "questions.csv", ("question", "answer", "fits"), questions)
    (folder / "settings.toml").write_text('data = "reviews.csv"\nepochs = 3\n', encoding="utf-8")
    write_targets(folder, takes)
    write_tasks(folder, more, [(f"Dev: {text}", label) for text, label in takes[:40]])
    comments = [
        (f"{n}号客人：{CHINESE[n % 6]}", "好评" if n % 6 < 3 else "差评") for n in range(120)
    ]
    for name in ("comments.tsv", "reviews.tsv"):
        write_table(folder / name, ("评论", "标签"), comments, delimiter="\t")
    write_table(folder / "comments-gb.csv", ("评论", "标签"), comments, encoding="gb18030")


def write_targets(folder, takes):
    """Write the files whose labels are lists, numbers, shares or grades."""
    good = [(text, label == "good", n) for n, (text, label) in enumerate(takes)]
    tags = [(t, [x for x, has in (("rude", not g), ("loud", n % 2)) if has]) for t, g, n in good]
    write_table(folder / "tickets.csv", ("text", "tags"), [(t, ";".join(x)) for t, x in tags])
    lines = [json.dumps({"text": text, "tags": names}) for text, names in tags]
    (folder / "tickets.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = [(text, int("rude" in names), int("loud" in names)) for text, names in tags]
    write_table(folder / "flags.csv", ("text", "rude", "loud"), flags)
    stars = [(text, 3.5 * g + n % 3 / 2) for text, g, n in good]
    write_table(folder / "stars.csv", ("text", "stars"), stars)
    votes = [(t, *((0.1, 0.2, 0.7) if g else (0.7, 0.2, 0.1))) for t, g, _ in good]
    write_table(folder / "votes.csv", ("text", "no", "maybe", "yes"), votes)
    write_table(
        folder / "grades.csv", ("text", "grade"), [(t, 1 + 2 * g + n % 2) for t, g, n in good]
    )


def write_tasks(folder, train, others):
    """Write MRPC and CoLA in the layout of GLUE."""
    for name, rows in (("train", train), ("dev", others), ("test", others)):
        paired = [(int(x == "good"), n, n, t, f"{t} Yes.") for n, (t, x) in enumerate(rows)]
        columns = ("Quality", "#1 ID", "#2 ID", "#1 String", "#2 String")
        write_table(folder / f"glue/MRPC/{name}.tsv", columns, paired, delimiter="\t")
        single = [("source", int(x == "good"), "", t) for t, x in rows]
        if name == "test":
            single = [(n, t) for n, (t, _) in enumerate(rows)]
        first = ("index", "sentence") if name == "test" else single.pop(0)
        write_table(folder / f"glue/CoLA/{name}.tsv", first, single, delimiter="\t")


def new_model(folder, vocabulary, activation="gelu"):
    """Return the arrays of a tiny new classifier."""
    from kbert import BertClassifier
    from kbert.models.build_classifier import to_model_data

    folder.mkdir(parents=True)
    config = {**CONFIG, "vocab_size": len(vocabulary), "hidden_act": activation}
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(config))
    model = BertClassifier.from_preset(str(folder), ["0", "1"], pretrained=False)
    shutil.rmtree(folder)
    folder.mkdir()
    return to_model_data(model)


def write_preset(folder, vocabulary):
    """Write a folder as transformers does."""
    from kbert.interop.write_hugging_face import write_hugging_face

    write_hugging_face(folder, new_model(folder, vocabulary), 512)


def write_release(folder, vocabulary, trained):
    """Write a release like Google's, and the checkpoint that run_classifier.py trains from it."""
    from kbert.interop.write_google import write_google

    write_google(folder, new_model(folder, vocabulary, "gelu_new"))
    trained.mkdir()
    for file in folder.glob("bert_model.ckpt.*"):
        shutil.copy(file, trained / file.name.replace("bert_model.ckpt", "model.ckpt-240"))


def write_presets(folder, sentences):
    """Write each preset that a page names."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    plain = [f"{mark}{x}" for mark in ("", "##") for x in string.ascii_lowercase + string.digits]
    words = {word for text in sentences[0] for word in re.findall("[a-z]{2,}", text.lower())}
    english = [*special, *plain, *string.punctuation, *sorted(words)]
    write_preset(folder / "bert-base-uncased", english)
    characters = sorted(set("".join(CHINESE) + "号客人：好评差"))
    write_preset(folder / "bert-base-chinese", [*special, *plain, *characters])
    write_release(folder / "uncased_L-12_H-768_A-12", english, folder / "mrpc_output")


def reviews_config(output, **settings):
    """Return the settings of a run that the pages assume to exist."""
    return TrainConfig("reviews.csv", output=output, max_length=32, baseline="none", **settings)
