"""Every route, tried by every role on records of every relation."""
