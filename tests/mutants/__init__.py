"""Small mistakes made on purpose in the code that numbers depend on: a test must notice each."""
