"""Statements: drafting, issuing and exporting what tenants owe."""
