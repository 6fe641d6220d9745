"""What can be chosen: the files of conf/ become a checked config, and a config becomes objects."""
