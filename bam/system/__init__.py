"""This process and this machine: processes, device, memory, files, progress bars."""
