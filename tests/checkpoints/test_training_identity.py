from kbert.checkpoints.training_identity import identity_findings


def test_a_checkpoint_that_tells_no_order_is_of_the_one_that_kbert_0_1_had():
    found = identity_findings({"order_seed": 0}, {"order_seed": 0, "order": "packed"})
    assert [finding.code for finding in found] == ["order-differs"]
    assert not identity_findings({"order_seed": 0}, {"order_seed": 0, "order": "shuffled"})
    assert not identity_findings({}, {"order_seed": 0, "order": "packed"})
