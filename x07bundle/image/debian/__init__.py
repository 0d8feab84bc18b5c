"""Packages of Debian: its signed indices, what needs what, downloads, and what a package holds.

No package manager is asked and no maintainer script runs. What mirrors send is trusted as far as
the distribution's signature reaches: the release names the indices by digest, these name the
packages by digest.
"""
