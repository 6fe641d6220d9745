"""The parts of an experiment, built from its options and checked before the first step."""
