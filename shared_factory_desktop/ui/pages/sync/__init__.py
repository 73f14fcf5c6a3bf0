"""Sync: what platforms have been told and what still waits."""
