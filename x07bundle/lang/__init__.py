"""The X07 compiler: x07AST in, C text out. Pure: no files, clock or environment.

The passes, in order: `load` (bytes -> declarations), `resolve` (modules), `check` (types, moves,
borrows, brands), `ownership` (where values die), `lower` (C statements), `emit` (text).
"""
