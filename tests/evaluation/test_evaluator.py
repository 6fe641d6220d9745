"""The protocols of conf/evaluation against a loop over users and items."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn, tensor

from bam.config.instantiate import build, components
from bam.errors import Mistake
from bam.evaluation.evaluator import Evaluator
from bam.evaluation.protocol.clean import Clean
from bam.evaluation.protocol.published import Published
from bam.evaluation.ranking import Catalogue, block_scores, count_not_below
from bam.evaluation.top import top
from bam.model.aggregation.maximum import Maximum
from bam.model.blend import Blend
from bam.model.blending.logarithmic import Logarithmic
from bam.model.memory.none import NoMemory
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.scores import interest_scores
from bam.model.similarity.cosine import Cosine
from bam.model.similarity.inner import Inner
from bam.nn.causal import mean_item
from bam.records import PAD, Events, Interests, Spans
from bam.system.threads import Pace
from tests.broken.evaluation import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import evaluation as contract
from tests.histories import histories, mixture_of

NO_MEMORY = Blend(NoMemory(0, tuple), Logarithmic(0, 1.0))

L, V, D, K = 4, 30, 6, 3


class Latest(nn.Module):
    """The sums of the last 1 to K items are the interests: enough to rank with.

    The items themselves would not do: two of them have scores that a rounding apart makes equal.
    """

    def forward(self, met):
        last = met.real.sum(1, keepdim=True) - 1 - torch.arange(K)
        return Interests(
            met.items.take_along_dim(last.clamp(min=0)[..., None], 1).cumsum(1),
            met.real[:, None].repeat(1, K, 1) / met.real.sum(1)[:, None, None],
            mean_item(met),
        )


@pytest.fixture
def model():
    return modelled(Inner(1.0), Maximum())


@pytest.fixture(params=["maximum", "logsumexp", "gate"])
def aggregation(request, configured):
    """An aggregation, and how it scores an item, in a loop; others differ in their weights."""
    config = configured(f"aggregation={request.param}", f"dim={D}")
    return build(config["aggregation"], "aggregation"), SCORE[request.param]


def modelled(similarity, aggregation):
    model = Recommender(
        Rows(torch.zeros(V + 1, D), sparse=False), Latest(), similarity, aggregation
    )
    nn.init.normal_(model.items.weight)
    model.items.weight.data[PAD] = torch.randn(D)  # a table whose padding row is not zero
    return model


def best(model, vectors, item):
    return max(float(m @ item) for m in vectors)


def together(model, vectors, item):
    return math.log(sum(math.exp(float(m @ item)) for m in vectors))


def gated(model, vectors, item):
    v, layer = model.aggregation.energy.weight[0].double(), model.aggregation.hidden
    hidden = [torch.tanh(layer.weight.double() @ m + layer.bias.double()) for m in vectors]
    odds = [math.exp(float(v @ h)) for h in hidden]
    parts = zip(vectors, odds, strict=True)
    return math.log(sum(math.exp(float(m @ item)) * o / sum(odds) for m, o in parts))


SCORE = {"maximum": best, "logsumexp": together, "gate": gated}


def data(targets=1):
    """Users with histories shorter and longer than L, some of which repeat an item."""
    lengths = [3, 9, 5, 4, 12]
    items = [torch.randint(1, V + 1, (n + targets,)) for n in lengths]
    items[1][-1] = items[1][0]  # a target met long ago
    items[2][-1] = items[2][3]  # a target met within the window
    stop = tensor([len(i) for i in items]).cumsum(0)
    start = stop - tensor([len(i) for i in items])
    return torch.cat(items).int(), Spans(start, stop - targets, stop)


def expected_rank(model, similar, scored, items, start, cut, stop, target, published):
    history = items[max(start, cut - L) : cut].tolist()
    read = tensor([history])
    vectors = model.backbone(histories(model.items(read), read != PAD)).vectors[0]
    seen = set(history if published else items[start:cut].tolist())
    rivals = range(0 if published else 1, V + 1)
    vectors = [similar(m) for m in vectors.double()]
    score = {i: scored(model, vectors, similar(model.items.weight[i].double())) for i in rivals}
    if published:
        score.update(dict.fromkeys(seen | ({PAD} if len(history) < L else set()), 0.0))
    own = score[target]
    competing = set(rivals) if published else set(rivals) - seen | set(items[cut:stop].tolist())
    others = competing - {target}
    return 1 + sum(score[i] >= own for i in others)


def as_it_is(x):
    return x


def shortened(x):
    return x / math.sqrt(float(x @ x) * 0.05)


@pytest.mark.parametrize("name", options("evaluation"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_protocol_keeps_the_contract(configured, name, check):
    check(build(configured(f"evaluation={name}")["evaluation"], "evaluation", metrics={}))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_protocol_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    def evaluator():
        return Evaluator(
            broken(),
            {},
            [5],
            dict.fromkeys(("cpu", "cuda"), 384),
            dict.fromkeys(("cpu", "cuda"), 2048),
            64,
        )

    assert refusing(contract, evaluator) == rules


def rank(model, protocol, items, spans, users=2, memory_mb=64, list_length=0):
    evaluator = Evaluator(
        protocol,
        {},
        [5],
        dict.fromkeys(("cpu", "cuda"), users),
        dict.fromkeys(("cpu", "cuda"), 2048),
        memory_mb,
    )
    return evaluator.rank(
        model, NO_MEMORY, Events(items, items[:0]), spans, L, list_length, Pace([1])
    )


@pytest.mark.parametrize("protocol", [Clean(), Published()])
@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize(
    ("similarity", "similar"), [(Inner(1.0), as_it_is), (Cosine(0.05), shortened)]
)
@torch.no_grad()
def test_ranks_equal_a_loop_over_users_and_items(
    protocol, targets, similarity, similar, aggregation
):
    aggregated, scored = aggregation
    model, (items, spans) = modelled(similarity, aggregated), data(targets)
    found = rank(model, protocol, items, spans).rank
    for u in range(5):
        start, cut, stop = (int(of[u]) for of in (spans.start, spans.cut, spans.stop))
        for t in range(targets):
            target = int(items[cut + t])
            published = isinstance(protocol, Published)
            span = (start, cut, stop)
            expected = expected_rank(model, similar, scored, items, *span, target, published)
            assert found[u, t] == (0 if target in items[cut : cut + t] else expected)


@pytest.mark.parametrize("protocol", [Clean(), Published()])
def test_blocks_of_any_size_rank_alike(aggregation, protocol, monkeypatch):
    model = modelled(Inner(1.0), aggregation[0])
    items, spans = data()
    whole = rank(model, protocol, items, spans, users=5, list_length=7)
    monkeypatch.setattr("bam.evaluation.ranking.COLUMNS", 7)
    monkeypatch.setattr("bam.evaluation.evaluator.BYTES_A_SCORE", 2**20 // 70)  # seven items
    blocks = rank(model, protocol, items, spans, users=2, memory_mb=1, list_length=7)
    assert torch.equal(whole.rank, blocks.rank)
    assert torch.equal(whole.top, blocks.top)


@torch.no_grad()
@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize(("block", "blocks"), [(1, 41), (400, 4), (1300, 1)])
def test_tiles_of_one_width_score_every_item(aggregation, block, blocks, copied):
    vectors, table, pool = torch.randn(5, K, D), torch.randn(1300, D), aggregation[0].pool
    mixture = mixture_of(vectors, torch.randn(5, K))
    catalogue = Catalogue.of(table, block, 5 * K, copied)
    scores = dict(block_scores(mixture, catalogue, pool))
    assert len(scores) == blocks
    assert list(scores) == list(range(0, 1300, scores[0].shape[1]))
    expected = pool(interest_scores(mixture, table))
    torch.testing.assert_close(torch.cat([*scores.values()], 1), expected, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_top_lists_hold_the_best_unseen_items_best_first(aggregation):
    model, scored = modelled(Inner(1.0), aggregation[0]), aggregation[1]
    items, spans = data()
    top = rank(model, Clean(), items, spans, list_length=6).top
    for u in range(5):
        start, cut = int(spans.start[u]), int(spans.cut[u])
        read = items[max(start, cut - L) : cut].long()[None]
        vectors = model(read, read[:, :0]).vectors[0]
        score = tensor([scored(model, vectors.double(), e.double()) for e in model.items.weight])
        met = set(items[start:cut].tolist()) - {int(items[cut])}  # a target competes
        score[[PAD, *met]] = -torch.inf
        assert top[u].tolist() == score.topk(6).indices.tolist()


def test_a_user_with_fewer_targets_has_rank_zero_in_their_place(model):
    items, spans = data(targets=3)
    fewer = replace(spans, cut=spans.cut + tensor([0, 0, 2, 0, 1]))
    assert (rank(model, Clean(), items, fewer).rank == 0).sum(1).tolist() == [0, 0, 2, 0, 1]


def test_a_tie_counts_against_the_target():
    scores = tensor([[0.9, 0.5, 0.5, 0.5]])
    assert count_not_below(scores, tensor([[0.5]])).tolist() == [[4]]


def test_a_score_that_is_not_a_number_never_helps_the_target():
    nothing = torch.full((1, 4), math.nan)
    assert count_not_below(nothing, nothing[:, :1]).tolist() == [[4]]


def test_padding_ranks_like_an_item_under_the_published_protocol_when_the_window_is_full(model):
    model.items.weight.data.zero_()
    model.items.weight.data[1:, 0] = 1.0
    model.items.weight.data[PAD, 0] = 9.0
    items, spans = tensor([1, 2, 3, 4, 5]).int(), Spans(tensor([0]), tensor([4]), tensor([5]))
    alike = V - 4  # every item but the four seen ones ties with the target
    assert rank(model, Clean(), items, spans).rank.item() == alike
    assert rank(model, Published(), items, spans).rank.item() == alike + 1


def test_every_option_names_a_protocol(configured):
    found = {
        configured(f"evaluation={name}")["evaluation"]["protocol"]["_target_"]
        for name in options("evaluation")
    }
    assert found == {
        "bam.evaluation.protocol.clean.Clean",
        "bam.evaluation.protocol.published.Published",
        "bam.evaluation.protocol.repeats.Repeats",
    }


@pytest.mark.parametrize("width", [640, 1312, 4096, 4101, 5120, 8205, 25_003])
def test_the_best_scores_are_found_exactly_through_groups(width):
    scores = torch.randn(5, width)
    best, place = top(scores, 10)
    expected = scores.topk(10)
    assert torch.equal(best, expected.values) and torch.equal(place, expected.indices)


def test_a_list_is_no_longer_than_the_catalogue_for_any_cutoff(model):
    items, spans = data()
    assert rank(model, Clean(), items, spans, list_length=10**12).top.shape == (len(spans.cut), V)


def test_cutoffs_below_one_are_refused_also_without_metrics(configured):
    for cutoffs in ("[]", "[0]", "[10,-1]"):
        config = configured(f"evaluation.cutoffs={cutoffs}")["evaluation"]
        with pytest.raises(Mistake, match="cutoffs must be at least 1"):
            build(config, "evaluation", metrics={})


def test_weights_may_be_chosen_by_what_ranks_give_and_more_of_is_better(configured):
    config = configured("metric=[recall,gini,mrr]", "evaluation.cutoffs=[1,5]")
    metrics = components(config["metric"], "metric")
    evaluator = build(config["evaluation"], "evaluation", metrics=metrics)
    assert evaluator.trainer_metrics == ["recall@1", "recall@5", "mrr"]


@pytest.mark.parametrize("name", ["users_per_block", "items_per_block"])
def test_a_block_holds_at_least_one(name):
    sizes = {"users_per_block": {"cpu": 1, "cuda": 1}, "items_per_block": {"cpu": 1, "cuda": 1}}
    sizes[name]["cuda"] = 0
    with pytest.raises(Mistake, match=f"{name} must be at least 1"):
        Evaluator(Clean(), {}, [5], **sizes, memory_mb=64)
