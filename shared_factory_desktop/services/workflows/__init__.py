"""Jobs of several steps as plain state machines."""
