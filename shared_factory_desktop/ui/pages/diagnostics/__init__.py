"""Diagnostics: facts about this workstation to read out on the telephone."""
