from kbert import inspect_examples, read_examples

TRAINING = {
    "text": [f"text {n}" for n in range(20)],
    "label": ["a", "b"] * 10,
    "author": [f"author {n // 2}" for n in range(20)],
}


def codes_and_messages(dev, group="author"):
    training = read_examples(TRAINING, group="author")
    dev = read_examples(dev, group=group, need_split=False)
    found = inspect_examples(training, dev=dev).findings
    return {finding.code: finding.message for finding in found}


def test_groups_in_both_sets_are_found():
    dev = {"text": ["x", "y", "z", "u"], "label": ["a", "b"] * 2, "author": ["author 3", *"pqr"]}
    found = codes_and_messages(dev)
    assert found["groups-shared"].startswith("1 of 4 rows of dev are of groups that the")


def test_no_finding_without_shared_groups_or_without_the_column():
    dev = {"text": ["x", "y"], "label": ["a", "b"], "author": ["p", "q"]}
    assert "groups-shared" not in codes_and_messages(dev)
    assert "groups-shared" not in codes_and_messages({"text": ["x", "y"], "label": ["a", "b"]})
