import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from kbert.data.keyed_permutation import KeyedPermutation, mixed

KEYS = [0x243F6A8885A308D3, 7, 2**64 - 1, 0x13198A2E03707344, 0, 0xA4093822299F31D0]


class Fixed:
    """Fixed raw bits."""

    def random_raw(self, size):
        return np.array(KEYS[:size], np.uint64)


def permutation_of(size, seed=0, epoch=0):
    return KeyedPermutation(size, np.random.PCG64(np.random.SeedSequence([seed, epoch])))


def whole(size, seed=0, epoch=0):
    return permutation_of(size, seed, epoch)(np.arange(size))


@given(st.integers(1, 3000), st.integers(0, 2**64), st.integers(0, 50))
@example(1, 0, 0)
@example(2, 0, 0)
@example(1024, 0, 0)
@example(1025, 0, 0)
@settings(deadline=None)
def test_every_number_occurs_once(size, seed, epoch):
    images = whole(size, seed, epoch)
    assert images.dtype == np.int64
    assert sorted(images.tolist()) == list(range(size))


@pytest.mark.parametrize("size", [2**20, 2**20 + 1, 3 * 10**6 + 1])
def test_every_number_of_many_occurs_once(size):
    assert (np.bincount(whole(size), minlength=size) == 1).all()


@given(st.integers(1, 2**62), st.integers(0, 100), st.data())
@settings(deadline=None)
def test_any_part_can_be_computed_alone(size, seed, data):
    permutation = permutation_of(size, seed)
    numbers = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=9, unique=True))
    images = permutation(np.array(numbers))
    assert images.tolist() == [int(permutation(np.array([n]))[0]) for n in numbers]
    assert len(set(images.tolist())) == len(numbers)
    assert 0 <= images.min() <= images.max() < size


def splitmix64(number):
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    number = (number ^ number >> 27) * 0x94D049BB133111EB % 2**64
    return number ^ number >> 31


def test_the_hash_is_that_of_splitmix64():
    """The first numbers of splitmix64 seeded with 0, from its reference implementation."""
    gamma = 0x9E3779B97F4A7C15
    states = np.array([gamma, 2 * gamma % 2**64, 3 * gamma % 2**64], np.uint64)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mixed(states).tolist() == expected


@pytest.mark.parametrize("size", [1, 5, 1000, 2**20 + 3, 10**8, 2**40])
def test_the_permutation_matches_one_in_python_integers(size):
    width = max(2, (size - 1).bit_length())
    below = width // 2
    expected = []
    for number in range(min(size, 50)):
        while True:
            low, high = number % 2**below, number >> below
            for turn in (0, 2, 4):
                high ^= splitmix64(low ^ KEYS[turn]) % 2 ** (width - below)
                low ^= splitmix64(high ^ KEYS[turn + 1]) % 2**below
            number = high << below | low
            if number < size:
                break
        expected.append(number)
    assert KeyedPermutation(size, Fixed())(np.arange(min(size, 50))).tolist() == expected


@pytest.mark.parametrize("size", [97, 1000, 1025])
def test_all_images_of_a_number_are_equally_likely(size):
    """Chi-square over 2,000 seeds of the images of a few numbers in 16 equal parts."""
    numbers = np.unique([0, 1, size // 3, size // 2, size - 2, size - 1])
    images = np.array([permutation_of(size, seed)(numbers) for seed in range(2000)])
    expected = np.diff(np.ceil(np.arange(17) * size / 16)) * 2000 / size
    for column in images.T:
        counts = np.bincount(column * 16 // size, minlength=16)
        assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_all_pairs_of_images_of_two_numbers_are_equally_likely():
    """Chi-square over 4,000 seeds of 8 x 8 parts; no two have the same image."""
    numbers = np.array([20, 21])
    pairs = np.array([permutation_of(64, seed)(numbers) // 8 for seed in range(4000)])
    counts = np.bincount(pairs[:, 0] * 8 + pairs[:, 1], minlength=64)
    expected = (8 * 8 - 8 * np.eye(8)).ravel() / (64 * 63) * 4000
    assert stats.chisquare(counts, expected).pvalue > 1e-3


@pytest.mark.parametrize("size", [2**20, 2**20 + 7, 1_500_000])
def test_neighbours_are_not_correlated(size):
    images = whole(size).astype(float)
    bound = 4 / size**0.5
    for lag in (1, 2, 32, 1024, 2**16):
        assert abs(np.corrcoef(images[:-lag], images[lag:])[0, 1]) < bound
    assert abs(np.corrcoef(images, np.arange(size))[0, 1]) < bound
    # Neighbours are as far apart as two random numbers.
    apart = np.abs(np.diff(images)) / size
    assert stats.kstest(apart[::7], lambda x: 2 * x - x * x).pvalue > 1e-3


@pytest.mark.parametrize("one", [(0, 1), (1, 0), (2**32, 0)])
def test_epochs_and_seeds_have_permutations_of_their_own(one):
    first, other = whole(2**20, 0, 0), whole(2**20, *one)
    assert abs(np.corrcoef(first, other)[0, 1]) < 4 / 2**10
    assert (first == other).sum() < 10  # 1 is expected


def test_as_many_numbers_stay_in_place_as_by_chance():
    """1 per permutation on average, with a variance of 1."""
    stay = [int((whole(500, seed) == np.arange(500)).sum()) for seed in range(2000)]
    assert abs(np.mean(stay) - 1) < 4 / 2000**0.5
    assert abs(np.var(stay) - 1) < 0.15


def test_the_permutation_is_pinned():
    assert whole(10, 3, 1).tolist() == [3, 2, 7, 5, 1, 8, 0, 9, 4, 6]
    images = permutation_of(10**8, 7, 2)(np.arange(5))
    assert images.tolist() == [72514414, 16063262, 38295124, 61997884, 85681214]
