"""The values: what a workflow, an instance, a command and an outcome are. Frozen, and free of any I/O."""
