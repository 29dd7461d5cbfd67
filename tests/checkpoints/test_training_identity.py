from kbert.checkpoints.training_identity import identity_findings


def test_a_checkpoint_without_an_order_has_that_of_kbert_0_1():
    found = identity_findings({"order_seed": 0}, {"order_seed": 0, "order": "packed"})
    assert [finding.code for finding in found] == ["order-differs"]
    assert not identity_findings({"order_seed": 0}, {"order_seed": 0, "order": "shuffled"})
    assert not identity_findings({}, {"order_seed": 0, "order": "packed"})


def test_a_checkpoint_without_an_order_version_has_the_first():
    for checkpoint in ({"order_seed": 0}, {"order_seed": 0, "order": "packed"}):
        order = checkpoint.get("order", "shuffled")
        fit = {"order_seed": 0, "order": order, "order_version": 1}
        assert not identity_findings(checkpoint, fit)
        found = identity_findings(checkpoint, {**fit, "order_version": 2})
        assert [finding.code for finding in found] == ["order-differs"]
    assert not identity_findings({}, {"order_seed": 0, "order_version": 2})
