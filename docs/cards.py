"""Writes the model card of each pretrained model beside it: python docs/cards.py"""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "outputs" / "pretrained"
DATA = {
    "ml100k": "MovieLens-100k (943 users, 1,682 films, 100,000 ratings of 1997 and 1998)",
    "ml1m": "MovieLens-1M (6,040 users, 3,706 films, 1,000,209 ratings of 2000 to 2003)",
}
SELECTION = {
    "hard": "hard selection: the interest that scores the target highest learns",
    "p": "BaM_p: the interest that learns is drawn by its score for the target",
    "l": "BaM_l: the interest that learns is drawn through two linear layers, which learn",
    "l_published": "BaM_l as in its program: the linear layers keep their initial values",
}
# steps of experiment=pretrained, which has those of every training
MOST = yaml.safe_load((ROOT / "conf" / "train.yaml").read_text("utf-8"))["trainer"]["max_steps"]
CARD = """\
# {name} on {data}

REMI ({K} interests of width {D}) after {steps:,} steps, with {selection}.
It ranks films for a user from the ids of the last {L} films they rated.

## Data

{source}, from [GroupLens](https://grouplens.org/datasets/movielens/), for research.
Their terms do not allow the ratings to be passed on, and this folder holds none.
Of each user the last film tests, the one before it validates, and the others train.
Users with fewer than three ratings are left out.

## Training

```
bam train -m experiment=pretrained dataset={data} selection={choice}{limit} threads=1
```

{minutes:.0f} minutes on one CPU thread, seed {seed}, commit `{commit}`, PyTorch {torch}.
The weights are those of step {best_step:,}, the best in {metric} on validation.
`config.yaml` has every option, `metrics.jsonl` each validation.

## Figures

The whole catalogue is ranked for every user.
What a user has rated does not compete (`evaluation=clean`).

| | recall@10 | recall@20 | nDCG@10 | nDCG@20 | MRR |
| --- | --- | --- | --- | --- | --- |
{figures}

On the test users the interests share the targets with an entropy of {entropy:.3f} (1 is even).
Their mean cosine is {cosine:.3f} (1 is the same).
The lists of ten show {coverage:.0%} of the catalogue.

```
bam prepare dataset={data}
bam evaluate run=outputs/pretrained/{data}/{name}
```

## Limits

- One seed: another one moves recall@10 by about .005.
- It is there to try and to compare with.
  [Results](../../../../docs/results/index.md) has models that recommend better.
- It knows the films of its data alone, and users by their ratings alone.
  It was not examined for how it treats groups of people, and is not made for decisions about them.
"""


def figures(results: dict[str, Any]) -> str:
    """The rows of validation and test."""
    names = ("recall@10", "recall@20", "ndcg@10", "ndcg@20", "mrr")
    lines = [
        f"| {name} | " + " | ".join(f"{results[part][m]:.4f}".lstrip("0") for m in names) + " |"
        for name, part in (("validation", "valid"), ("test", "test"))
    ]
    return "\n".join(lines)


def limit(max_steps: int) -> str:
    """The option that ends a training earlier than experiment=pretrained does."""
    return f" trainer.max_steps={max_steps}" if max_steps < MOST else ""


def card(run: Path) -> str:
    """The card of one run."""
    results = json.loads((run / "results.json").read_text("utf-8"))
    environment = json.loads((run / "environment.json").read_text("utf-8"))
    config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    source = DATA[run.parent.name]
    return CARD.format(
        name=run.name,
        data=run.parent.name,
        source=source,
        L=config["history_length"],
        K=config["num_interests"],
        D=config["dim"],
        steps=results["steps"],
        selection=SELECTION[results["selection"]],
        choice=results["selection"],
        limit=limit(config["trainer"]["max_steps"]),
        minutes=results["train_seconds"] / 60,
        seed=results["seed"],
        commit=environment["commit"][:7],
        torch=environment["libraries"]["torch"],
        best_step=results["best_step"],
        metric=config["trainer"]["metric"],
        figures=figures(results),
        entropy=results["balance"]["entropy"],
        cosine=results["balance"]["cosine"],
        coverage=results["test"]["coverage@10"],
    )


if __name__ == "__main__":
    for run in RUNS.glob("*/*/"):
        (run / "README.md").write_text(card(run), "utf-8")
