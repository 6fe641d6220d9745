"""From the loss to weights: the loop, its optimizers, schedules and averages."""
