"""The composition root: the one room that wires the parts, names a device, trains and tests."""
