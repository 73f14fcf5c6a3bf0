"""Shared Factory Desktop: honest metering, provable billing, offline work for workshops."""
