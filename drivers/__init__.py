"""Talks to machines and meters; knows no tenants, money or windows."""
