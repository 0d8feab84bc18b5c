"""Registries (OCI distribution 1.1): references, credentials, push, pull, referrers.

What a registry says is never believed: bytes are checked by digest, and what was pushed is read
back before anybody is told that it is there.
"""
