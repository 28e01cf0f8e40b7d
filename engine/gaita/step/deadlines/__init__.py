"""Deadlines in the step: when they are due, their timers, what stops them, what commands do to them."""
