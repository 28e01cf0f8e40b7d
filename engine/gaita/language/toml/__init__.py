"""TOML: a document with the place of every key and value, and every fault of its syntax."""
