"""Every change of the schema, one numbered module each, run in order."""
