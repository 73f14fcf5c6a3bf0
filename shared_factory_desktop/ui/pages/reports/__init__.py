"""Reports: what was earned, how machines were used, where electricity went."""
