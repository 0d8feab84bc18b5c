"""Checks signatures, because the standard library cannot, and what starts a bundle has no more.

Only public values are worked on, so that nothing is lost by how long it takes.
"""
