"""Layers of a platform: components made of components, wired and in order."""
