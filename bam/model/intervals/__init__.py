"""How far apart two items of a history are: one file a measure."""
