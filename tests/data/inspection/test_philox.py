import numpy as np

from kbert.data.inspection.philox import philox


def test_the_numbers_match_the_known_answers_of_its_authors():
    # The first line for philox4x32-10 in kat_vectors of Random123.
    expected = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert philox(0, 0, 4).tolist() == expected


def test_a_shorter_stream_is_the_beginning_of_a_longer_one():
    np.testing.assert_array_equal(philox(1, 2, 13)[:6], philox(1, 2, 6))
    assert (philox(1, 2, 8) != philox(1, 3, 8)).any()
    assert philox(1, 2, 0).size == 0
