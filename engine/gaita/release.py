"""The release of the engine: what each record names, so that a later one knows who wrote it."""

RELEASE = "0.1.0"
