"""Clients of engines whose guests are processes of this machine.

They take the words that the backends of the VM boundary have for jobs (tests/golden/argv), and no
others. Formats, exit codes and the words for what is not there are those of docker 28, podman 4.3
and ctr 1.6; of Apple's `container`, those of its sources (1.2).
"""
