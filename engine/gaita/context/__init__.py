"""The context: the database, the clock, and the workflows and calendars in force. All above stand on it."""
