"""From a bus to stored readings: one thread per bus, one recorder."""
