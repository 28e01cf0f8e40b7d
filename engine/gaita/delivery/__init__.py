"""Delivery: what was written and committed reaches people, at least once: outbox, channels, digests."""
