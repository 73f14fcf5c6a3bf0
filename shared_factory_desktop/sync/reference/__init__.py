"""The platform's side of the contract, whole and small: for the demo, tests and its engineers."""

from shared_factory_desktop.sync.reference.server import ReferencePlatform

__all__ = ["ReferencePlatform"]
