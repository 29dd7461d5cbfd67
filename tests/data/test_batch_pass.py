from kbert.data.batch_pass import BatchPass


def test_a_whole_pass_is_followed_by_the_next_epoch():
    current = BatchPass(resumes=True)
    current.begin()
    assert (current.next, current.has_epoch) == (0, False)
    assert not any(current.take(index) for index in range(3))
    current.end(3)
    assert (current.next, current.has_epoch, current.resumes) == (None, False, False)


def test_a_pass_that_is_broken_off_is_repeated():
    current = BatchPass(resumes=True)
    current.begin()
    current.take(0)
    current.end(3)
    assert (current.next, current.has_epoch, current.resumes) == (None, True, True)


def test_only_the_first_batch_out_of_order_is_reported():
    current = BatchPass()
    current.begin()
    assert [current.take(index) for index in (0, 2, 1, 3)] == [False, True, False, False]
