"""This process and this machine: processes, memory, progress bars."""
