"""Pytest fixtures for programs that use mlinfra; loaded by pytest as the plugin `mlinfra`."""
