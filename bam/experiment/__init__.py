"""The composition root: the one room that knows Hydra, names a device and wires the parts."""
