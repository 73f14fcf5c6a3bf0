"""What a user can do, one module per subject; roles are enforced here."""
