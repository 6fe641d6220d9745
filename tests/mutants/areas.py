"""The code that numbers depend on, and the tests that must notice a mistake in it."""

AREAS = {
    "metrics": (
        ["bam/evaluation/metric", "bam/evaluation/outcome.py", "bam/evaluation/balance.py"],
        ["tests/evaluation/test_metric.py", "tests/evaluation/test_balance.py", "tests/evaluation"],
    ),
    "ranking": (
        ["bam/evaluation/ranking.py", "bam/evaluation/top.py", "bam/evaluation/tiled.py",
         "bam/evaluation/packed.py", "bam/evaluation/contest.py", "bam/evaluation/evaluator.py",
         "bam/evaluation/targets.py", "bam/evaluation/protocol"],
        ["tests/evaluation"],
    ),
    "losses": (
        ["bam/objective/loss", "bam/objective/likelihood", "bam/objective/regularisation",
         "bam/objective/objective.py", "bam/objective/answers.py", "bam/objective/candidates.py"],
        ["tests/objective/test_likelihood.py", "tests/objective/test_loss.py",
         "tests/objective/test_regularisation.py", "tests/objective"],
    ),
    "selections": (
        ["bam/objective/selection"],
        ["tests/objective/test_selection.py", "tests/objective/test_equations.py"],
    ),
    "sampling": (
        ["bam/data/sampling", "bam/data/windows.py", "bam/objective/negatives"],
        ["tests/data/test_sampling.py", "tests/data/test_windows.py",
         "tests/objective/test_negatives.py"],
    ),
    "splits": (["bam/data/split"], ["tests/data/split"]),
    "lists": (
        ["bam/serving/merge", "bam/serving/weighting", "bam/serving/found.py",
         "bam/serving/search.py", "bam/serving/explain.py"],
        ["tests/serving/test_merge.py", "tests/serving/test_weighting.py",
         "tests/serving/test_search.py", "tests/serving/test_answers.py"],
    ),
    "statistics": (
        ["bam/results/compare.py", "bam/results/user_values.py"],
        ["tests/results/test_compare.py"],
    ),
}  # fmt: skip
