"""Programs of this tool that need no Python where they run: frozen with PyInstaller.

PyInstaller is run as a program, in a folder of its own; what it makes is laid out here.
"""
