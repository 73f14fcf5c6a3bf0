"""The floor: what each machine is doing, for whom, and what it costs so far."""
