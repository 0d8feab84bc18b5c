"""The typed tree becomes C: `unit.lower(program, …)` is the way in.

`builder` holds what is open at a point (statements, temporaries, fuel); `values`, `control`,
`calls`, `forms` and `contracts` hold one handler per kind of node.
"""
