"""Guest images: layers from entries, OCI layouts, what is in one, what changed between two.

Nothing here needs a container engine, root, or the network.
"""
