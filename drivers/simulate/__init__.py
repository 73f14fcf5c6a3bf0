"""Virtual machines made from profiles that speak the real protocols."""
