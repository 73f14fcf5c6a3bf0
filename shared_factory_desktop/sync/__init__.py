"""Sends the outbox to platforms: order, retry, receipts."""
