"""`make bench`: what bundles cost and how fast they are, beside the same program in C.

Every figure is a ratio (or a difference) of measurements of one run, taken in turn, so that a
busy or a slow machine shifts both sides. Times of two runs are never compared. Ratios are of the
least times, which other work on the machine disturbs least.
"""
