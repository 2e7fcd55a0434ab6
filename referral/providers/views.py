"""The provider: inbox, services, clients."""
