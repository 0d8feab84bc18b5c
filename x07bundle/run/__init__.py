"""The OS runner: a target is compiled (or found compiled), run under limits, and reported.

`target` finds what to run, `job` decides everything about it, `compilation` makes the executable,
`execution` runs it, `verdict` judges how it went, `report` writes the documents.
"""
