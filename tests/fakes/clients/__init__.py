"""Clients of engines whose guests are processes of this machine.

They take the words that the backends of the VM boundary have for jobs (tests/golden/argv), and no
others. What they say was said by docker 28, podman 4.3 and ctr 1.6; of Apple's `container`, by its
sources (1.2).
"""
