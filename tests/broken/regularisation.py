"""Regularisations that are wrong on purpose; each is made by its weight."""

MET = []  # predictions and weights of earlier costs


def lengths(made):
    """The squared length of every interest [B K]."""
    return made.mixture.vectors.square().sum(-1)


def infinite_for_one_interest(weight):
    """A mean over pairs, of which one interest has none."""

    def term(made):
        K = made.mixture.vectors.shape[1]
        pairs = (made.mixture.vectors @ made.mixture.vectors.mT).square().triu(1).sum((1, 2))
        return weight * (pairs / (K * (K - 1) / 2)).mean()

    return term


def without_its_weight(weight):
    """The weight is read and never used."""
    return lambda made: lengths(made).mean()


def another_cost_the_second_time(weight):
    """What it has met changes it, as a generator of random numbers changes with each draw."""

    def term(made):
        again = any(made is earlier and weight == other for earlier, other in MET)
        MET.append((made, weight))
        return weight * (1 + again) * lengths(made).mean()

    return term


def summed_over_rows(weight):
    """A larger batch costs more."""
    return lambda made: weight * lengths(made).sum(0).mean()


def first_row_counts_more(weight):
    """The first row of a batch is the example for the others."""

    def term(made):
        each = lengths(made).mean(1)
        return weight * (each.mean() + each[0])

    return term


def first_interest_alone(weight):
    """Only the first interest costs anything."""
    return lambda made: weight * lengths(made)[:, 0].mean()


def mean_over_the_width(weight):
    """Routing is averaged over all places, so that padding makes it cheaper."""
    return lambda made: weight * made.mixture.routing.square().mean()


REFUSED = {
    infinite_for_one_interest: {
        "check_it_is_a_finite_number_of_at_least_zero_with_a_finite_gradient"
    },
    without_its_weight: {"check_it_is_proportional_to_its_weight"},
    another_cost_the_second_time: {"check_what_it_draws_follows_from_the_seed_of_torch"},
    summed_over_rows: {"check_it_is_a_mean_over_rows"},
    first_row_counts_more: {"check_the_order_of_rows_does_not_matter"},
    first_interest_alone: {"check_the_order_of_interests_does_not_matter"},
    mean_over_the_width: {"check_padding_costs_nothing"},
}
