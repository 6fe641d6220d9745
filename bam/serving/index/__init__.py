"""How the nearest items of an interest are found without scoring all: one file a way."""
