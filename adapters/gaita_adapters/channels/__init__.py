"""The channels: what carries notices and digests to people and to other programs."""
