"""Parts that are wrong on purpose: one file a group.

REFUSED gives, for each, the rules of tests/contracts that must refuse it. It must pass all others:
so it is the rule that catches the fault, and no accident.
"""
