"""What connects Gaita to the world: the command line, the console, the settings, the logs."""
