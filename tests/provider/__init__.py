"""A provider of OpenID Connect for the tests: a process of its own, with real keys, that checks what it is sent."""
