"""How the learning rate changes from step to step: one file for a family."""
