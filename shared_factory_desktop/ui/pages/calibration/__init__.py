"""Calibration: what is due, what was found, and the steps at the machine."""
