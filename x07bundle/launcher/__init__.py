"""What a VM bundle does when it is started: verify, then run its program in a guest.

The standard library, the floor and `vm` alone: this is frozen into every bundle.
"""
