"""The program behind tests/run: which tests there are, building what they need, running them, telling what became of
them."""
