"""The kernel ranks as float64 does, and as torch does tile by tile."""

import math
import platform
from dataclasses import replace

import pytest
import torch

from bam.evaluation.contest import Contest
from bam.evaluation.packed import Packed
from bam.evaluation.protocol.clean import Clean
from bam.evaluation.protocol.published import Published
from bam.evaluation.ranking import Catalogue, GivenScores
from bam.evaluation.tiled import Tiled
from bam.model.additions import Additions
from bam.model.aggregation.maximum import maximum
from bam.nn import compiled as module
from bam.nn.compiled import compiled
from bam.records import PAD, Interests, Mixture
from tests.histories import mixture_of

pytestmark = pytest.mark.skipif(not compiled("ranking"), reason="there is no C compiler")
LESS = ["-mno-avx512bf16", "-mno-avx512f"] if platform.machine() == "x86_64" else []


@pytest.fixture(params=["", *LESS], autouse=True)
def processor(request, monkeypatch):
    """This one, and what the kernel is without some of its instructions."""
    flags = [*module.FLAGS, *request.param.split()]
    monkeypatch.setattr(module, "FLAGS", flags)
    monkeypatch.setattr("bam.evaluation.packed.compiled", compiled.__wrapped__)


def eighths(*shape):
    """Numbers whose products and sums are exact in float32, so that many scores tie."""
    return torch.randint(-8, 9, shape) / 8


def uniform(most):
    """A number from 1 to `most`."""
    return int(torch.randint(1, most + 1, ()))


def contest_of(B, T, V, protocol):
    """Targets of which some are none, some were seen; some pairs are excluded, some added to."""
    target = torch.randint(0, V, (B, T))
    for t in range(1, T):  # a target comes once
        target[:, t].masked_fill_((target[:, :t] == target[:, t : t + 1]).any(1), PAD)
    row, item = torch.randint(B, (3 * B,)), torch.randint(1, V, (3 * B,))
    row, item = torch.cat([row, torch.arange(B)]), torch.cat([item, torch.full((B,), PAD)])
    seen = GivenScores(row, item, torch.full((len(row),), protocol.seen_score))
    pairs = torch.randint(B, (B,)), torch.randint(1, V, (B,))
    added = Additions.summed(*pairs, torch.randint(1, 5, (B,)) / 4)
    added = added.plus(Additions.excluding(torch.randint(B, (B,)), torch.randint(1, V, (B,))))
    return Contest(target, added, seen, protocol.target_score)


def change(scores, own, contest):
    """What is added, then what the protocol gives, then what the targets have."""
    added, seen, (row, place) = contest.added, contest.seen, contest.target.nonzero(as_tuple=True)
    scores[added.row, added.item] += added.score
    scores[seen.row, seen.item] = seen.score.double()
    scores[row, contest.target[row, place]] = own[row, place]


def expected(mixture, table, contest):
    """The score of every item [B V] in float64, and the ranks: by each interest, and the best."""
    each = mixture.vectors.double() @ table.double().T + mixture.log_weight.double()[..., None]
    ranks, B = [], torch.arange(len(each))[:, None]
    for scores in (*each.unbind(1), each.amax(1)):
        own = contest.own(scores[B, contest.target])
        change(scores, own, contest)
        ranks.append(scores.shape[1] - (scores[:, None] < own[..., None]).sum(2))
    return scores, torch.stack(ranks[:-1], 1), ranks[-1]


def assert_ranked(mixture, table, contest, n):
    """Ranks, also under each interest alone, and lists; equal scores are listed by their ids."""
    standing = Packed.of(table).rank(mixture, contest, n, each=True)
    scores, alone, rank = expected(mixture, table, contest)
    real = contest.target != PAD
    assert torch.equal(standing.rank * real, rank * real)
    assert torch.equal(standing.alone * real[:, None], alone * real[:, None])
    best = scores.sort(dim=1, descending=True, stable=True)
    best_score, best_item = (found[:, :n] for found in best)
    listed = best_score > -math.inf
    assert torch.equal(standing.top.score[:, : listed.shape[1]], best_score)
    assert torch.equal(standing.top.item[:, : listed.shape[1]][listed], best_item[listed])
    return int(real.sum())


def ranked(seed, users):
    """Ranks of one random case; how many there are."""
    torch.manual_seed(seed)
    V, D, K, T, n = uniform(150) + 1, uniform(20), uniform(6), uniform(3), uniform(20)
    mixture, table = mixture_of(eighths(users, K, D), eighths(users, K)), eighths(V, D)
    protocol = Clean() if seed % 2 else Published()
    return assert_ranked(mixture, table, contest_of(users, T, V, protocol), n)


def test_ranks_and_lists_with_ties_are_those_of_float64():
    assert sum(ranked(seed, 40) for seed in range(60)) > 2000


@pytest.mark.ranks
def test_a_million_ranks_with_ties_are_those_of_float64():
    done, seed = 0, 1000
    while done < 1_000_000:
        done, seed = done + ranked(seed, 1000), seed + 1
    print(f"{done:,} ranks in {seed - 1000:,} catalogues equal those of float64")


@pytest.mark.parametrize("D", [1, 7, 64, 301])
@pytest.mark.parametrize("K", [1, 4])
@pytest.mark.parametrize("spread", [0.0, 1.0, 8.0])
def test_any_numbers_rank_as_in_float64(D, K, spread):
    V, B = 700, 30
    table = torch.randn(V, D) * (spread * torch.randn(V, 1)).exp()
    mixture = mixture_of(torch.randn(B, K, D) * (spread * torch.randn(B, K, 1)).exp())
    standing = Packed.of(table).rank(mixture, contest_of(B, 2, V, Clean()), 10, each=False)
    assert standing.top.item.shape == (B, 10)
    torch.manual_seed(1)
    contest = contest_of(B, 2, V, Clean())
    assert_close_to_float64(mixture, table, contest)


def assert_close_to_float64(mixture, table, contest):
    """Ranks are between those of scores that are a few units in the last place apart."""
    rank = Packed.of(table).rank(mixture, contest, 0, each=False).rank
    each = (mixture.vectors.double() @ table.double().T).amax(1)
    own = contest.own(each.gather(1, contest.target))
    change(each, own, contest)
    size = mixture.vectors.double().norm(dim=2).amax(1)[:, None] * table.double().norm(dim=1)
    near = 1e-14 * size.clamp(max=1e300)
    fewest = ((each - near)[:, None] >= own[..., None]).sum(2)
    most = (~((each + near)[:, None] < own[..., None])).sum(2)
    real = contest.target != PAD
    assert ((fewest <= rank + 1) & (rank <= most) | ~real).all()
    assert ((most - fewest)[real] <= 2).float().mean() > 0.9  # the bounds are narrow


@pytest.mark.parametrize("steps", [1, 2, 40, 3000])
def test_scores_that_differ_in_their_last_bits_alone_are_told_apart(steps):
    """Rounded to bfloat16 they are equal, or in the wrong order: what is near is computed anew."""
    V, D, B = 500, 32, 24
    row = torch.randn(D)
    bits = row.view(torch.int32) + torch.randint(0, steps + 1, (V, D), dtype=torch.int32)
    table, vectors = bits.view(torch.float32), torch.randn(B, 2, D)
    contest = contest_of(B, 1, V, Clean())
    assert_close_to_float64(mixture_of(vectors), table, contest)
    assert_ranked(mixture_of(eighths(B, 2, D)), table.double().float(), contest, 5)


@pytest.mark.parametrize("power", [-140, -126, -66, 56, 64, 100])
def test_numbers_of_any_size_rank_as_in_float64(power):
    scale = 2.0**power
    mixture, table = mixture_of(eighths(20, 3, 4)), eighths(90, 4)
    contest = contest_of(20, 2, 90, Clean())
    contest = replace(contest, added=Additions.none(torch.device("cpu")))
    assert_ranked(mixture, table * scale, contest, 5)
    assert_ranked(mixture_of(mixture.vectors * scale), table, contest, 5)


def test_where_all_items_are_equal_every_target_is_the_last():
    for V in (31, 32, 33, 600):
        table, contest = torch.randn(1, 9).expand(V, 9).contiguous(), contest_of(25, 1, V, Clean())
        assert_ranked(mixture_of(eighths(25, 2, 9)), table.round(), contest, 10)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["an interest", "an item", "both"])
def test_a_score_that_is_not_a_number_counts_against_the_target(wrong, where):
    """As where torch ranks."""
    vectors, table = eighths(20, 3, 5), eighths(80, 5)
    if where != "an item":
        vectors[3:9, 1, 2] = wrong
    if where != "an interest":
        table[[7, 40], 3] = wrong
    mixture, contest = mixture_of(vectors), contest_of(20, 2, 80, Clean())
    tiled = Tiled(Catalogue.of(table, 80, 60, copied=True), maximum)
    packed, real = Packed.of(table).rank(mixture, contest, 0, True), contest.target != PAD
    other = tiled.rank(mixture, contest, 0, True)
    assert torch.equal(packed.rank * real, other.rank * real)
    assert torch.equal(packed.alone * real[:, None], other.alone * real[:, None])


@pytest.mark.parametrize("protocol", [Clean(), Published()])
@pytest.mark.parametrize("block", [1, 200])
def test_torch_ranks_alike(protocol, block):
    table, mixture = torch.randn(200, 16), mixture_of(torch.randn(30, 4, 16), torch.randn(30, 4))
    contest = contest_of(30, 3, 200, protocol)
    tiled, packed = Tiled(Catalogue.of(table, block, 120, copied=True), maximum), Packed.of(table)
    ours, theirs = (ranker.rank(mixture, contest, 12, True) for ranker in (packed, tiled))
    real = contest.target != PAD
    assert torch.equal(ours.rank * real, theirs.rank * real)
    assert torch.equal(ours.alone * real[:, None], theirs.alone * real[:, None])
    if protocol.seen_score:  # else all seen items tie
        assert torch.equal(ours.top.item, theirs.top.item)
    torch.testing.assert_close(ours.top.score.float(), theirs.top.score)
    assert torch.equal(
        packed.winners(mixture, contest.target), tiled.winners(mixture, contest.target)
    )


@pytest.mark.parametrize("B", [1, 12, 13, 200])
def test_the_number_of_threads_changes_nothing(B):
    table, mixture = torch.randn(900, 20), mixture_of(torch.randn(B, 2, 20))
    contest, found, before = contest_of(B, 1, 900, Clean()), [], torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(Packed.of(table).rank(mixture, contest, 10, each=True))
    torch.set_num_threads(before)
    for other in found[1:]:
        assert torch.equal(found[0].rank, other.rank) and torch.equal(found[0].alone, other.alone)
        assert torch.equal(found[0].top.item, other.top.item)


def test_a_user_may_have_more_targets_than_a_stack_has_room_for():
    table, vectors = torch.randn(101, 8), torch.randn(1, 4, 8)
    target = torch.zeros(1, 14_000, dtype=torch.long)
    target[0, :5] = torch.arange(1, 6)
    given = GivenScores(torch.zeros(1, dtype=torch.long), torch.zeros(1, dtype=torch.long),
                        torch.full((1,), -torch.inf))  # fmt: skip
    contests = [Contest(some, Additions.none(table.device), given, Clean().target_score)
                for some in (target, target[:, :5])]  # fmt: skip
    mixture = Mixture.equal(Interests.unrouted(vectors, vectors[:, 0]))
    many, few = (Packed.of(table).rank(mixture, contest, 10, True) for contest in contests)
    assert torch.equal(many.rank[:, :5], few.rank) and torch.equal(many.top.item, few.top.item)
