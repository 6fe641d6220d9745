"""Writes the model card of each pretrained model beside it: python docs/cards.py"""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "outputs" / "pretrained"
GROUPLENS = """\
from [GroupLens](https://grouplens.org/datasets/movielens/), for research.
Their terms do not allow the ratings to be passed on, and this folder holds none."""
AMAZON = """\
as [S3-Rec](https://github.com/RUCAIBox/CIKM2020-S3Rec) has prepared them.
The reviews are not ours to pass on, and this folder holds none."""
DATA = {
    "ml100k": "MovieLens-100k (943 users, 1,682 films, 100,000 ratings of 1997 and 1998), "
    + GROUPLENS,
    "ml1m": "MovieLens-1M (6,040 users, 3,706 films, 1,000,209 ratings of 2000 to 2003), "
    + GROUPLENS,
    "beauty_s3rec": "Amazon Beauty (22,363 users, 12,101 products, 198,502 reviews to 2014, "
    + "each user and product with five or more), "
    + AMAZON,
}
SELECTION = {
    "hard": "hard selection: the interest that scores the target highest learns",
    "p": "BaM_p: the interest that learns is drawn by its score for the target",
    "l": "BaM_l: the interest that learns is drawn through two linear layers, which learn",
    "l_published": "BaM_l as in its program: the linear layers keep their initial values",
}
# of what `bam blend` has made: what it is, and the commands that make it; RUN is the folder before
BLENDS = {
    "ml100k/best": (
        "Three encoders and two counts, blended: ComiRec-SA and BSARec with one interest each, "
        "BACH with four, which film followed which, and what users with like histories met.",
        "bam train experiment=comirec_sa_ml100k num_interests=1 threads=1   # RUN\n"
        "bam train experiment=bsarec threads=1                              # RUN2\n"
        "bam train experiment=bach threads=1                                # RUN3\n"
        "bam blend run=RUN 'with=[RUN2,RUN3]' choose_by=ndcg@10 threads=1   # RUN4\n"
        "bam blend run=RUN4 with=mixed choose_by=ndcg@10 threads=1",
    ),
    "beauty_s3rec/best": (
        "A transformer (BSARec's blocks, one vector a user) and two counts, blended: which product"
        " followed which, and what users with like histories bought.",
        "bam train experiment=transformer_beauty backbone=bsarec threads=1   # RUN\n"
        "bam blend run=RUN with=mixed choose_by=ndcg@10 threads=1",
    ),
}
# steps of experiment=pretrained, which has those of every training
MOST = yaml.safe_load((ROOT / "conf" / "train.yaml").read_text("utf-8"))["trainer"]["max_steps"]
CARD = """\
# {name} on {data}

{what}
It ranks items for a user from the ids of the last {L} that they have met.

## Data

{source}
Of each user the last item tests, the one before it validates, and the others train.
Users with fewer than three items are left out.

## Training

```
{commands}
```

{made}
`config.yaml` has every option.

## Figures

The whole catalogue is ranked for every user.
What a user has met does not compete (`evaluation=clean`).

| | recall@10 | recall@20 | nDCG@10 | nDCG@20 | MRR |
| --- | --- | --- | --- | --- | --- |
{figures}

{shown}

```
bam prepare dataset={data}
bam evaluate run=outputs/pretrained/{data}/{name}
```

## Limits

{limits}
- It knows the items of its data alone, and users by what they have met alone.
  It was not examined for how it treats groups of people, and is not made for decisions about them.
"""
TRAINED = """\
{minutes:.0f} minutes on one CPU thread, seed {seed}, commit `{commit}`, PyTorch {torch}.
The weights are those of step {step:,}, the best in {metric} on validation.
`metrics.jsonl` has each validation."""
BLENDED = """\
Seed {seed}, commit `{commit}`, PyTorch {torch}.
Each model was trained by itself. The weights of the blend are the best in nDCG@10 on validation.
No counts are in this folder: they are made again from your data, in seconds."""
SHARED = """\
On the test users the interests share the targets with an entropy of {entropy:.3f} (1 is even).
Their mean cosine is {cosine:.3f} (1 is the same).
The lists of ten show {coverage:.0%} of the catalogue."""
SHOWN = "The lists of ten show {coverage:.0%} of the catalogue."
REMI_LIMITS = """\
- One seed: another one moves recall@10 by about .005.
- It is there to try and to compare with.
  [Results](../../../../docs/results/index.md) has models that recommend better."""
BLEND_LIMITS = """\
- One seed; [kinds](../../../../docs/results/kinds.md) has the mean of three.
- The gain of a blend is of past interactions, under one split."""


def figures(results: dict[str, Any]) -> str:
    """The rows of validation and test."""
    names = ("recall@10", "recall@20", "ndcg@10", "ndcg@20", "mrr")
    lines = [
        f"| {name} | " + " | ".join(f"{results[part][m]:.4f}".lstrip("0") for m in names) + " |"
        for name, part in (("validation", "valid"), ("test", "test"))
    ]
    return "\n".join(lines)


def card(run: Path) -> str:
    """The card of one run."""
    results = json.loads((run / "results.json").read_text("utf-8"))
    environment = json.loads((run / "environment.json").read_text("utf-8"))
    config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    data = run.parent.name
    seen = {
        "seed": results["seed"],
        "commit": environment["commit"][:7],
        "torch": environment["libraries"]["torch"],
        "coverage": results["test"]["coverage@10"],
    }
    blend = BLENDS.get(f"{data}/{run.name}")
    return CARD.format(
        name=run.name,
        data=data,
        source=DATA[data],
        L=config["history_length"],
        figures=figures(results),
        **(blended(*blend, seen) if blend else trained(data, results, config, seen)),
    )


def blended(what: str, commands: str, seen: dict[str, Any]) -> dict[str, str]:
    """What the card of a blend says by itself."""
    made, shown = BLENDED.format(**seen), SHOWN.format(**seen)
    return {
        "what": what,
        "commands": commands,
        "made": made,
        "shown": shown,
        "limits": BLEND_LIMITS,
    }


def trained(
    data: str, results: dict[str, Any], config: dict[str, Any], seen: dict[str, Any]
) -> dict[str, str]:
    """What the card of a model of experiment=pretrained says by itself."""
    selection, most = results["selection"], config["trainer"]["max_steps"]
    limit = f" trainer.max_steps={most}" if most < MOST else ""
    options = f"dataset={data} selection={selection}{limit} threads=1"
    return {
        "what": f"REMI ({config['num_interests']} interests of width {config['dim']}) after "
        f"{results['steps']:,} steps, with {SELECTION[selection]}.",
        "commands": f"bam train -m experiment=pretrained {options}",
        "made": TRAINED.format(
            minutes=results["train_seconds"] / 60,
            step=results["best_step"],
            metric=config["trainer"]["metric"],
            **seen,
        ),
        "shown": SHARED.format(
            entropy=results["balance"]["entropy"], cosine=results["balance"]["cosine"], **seen
        ),
        "limits": REMI_LIMITS,
    }


if __name__ == "__main__":
    for run in RUNS.glob("*/*/"):
        (run / "README.md").write_text(card(run), "utf-8")
