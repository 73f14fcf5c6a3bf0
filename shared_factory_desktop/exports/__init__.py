"""Statements as files people send: one module per output."""
