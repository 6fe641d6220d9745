"""Speed and memory of whole experiments, each measured in a process by itself."""
