"""From C text to an executable: compiler discovery, the cached runtime archive, one `cc` run.

`toolchain.open_toolchain` finds a compiler, `build.build` makes an executable (as bytes), and
`programs.program` keeps executables by content, so that what was built once is not built again.
"""
