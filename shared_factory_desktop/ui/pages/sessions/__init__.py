"""Sessions: who used what, when, how much."""
