"""Checks by service: small functions, each with the list of operations it belongs to at the end of its module."""
