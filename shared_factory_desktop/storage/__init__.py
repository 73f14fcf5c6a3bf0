"""The only room that knows SQL: takes and returns domain objects."""
