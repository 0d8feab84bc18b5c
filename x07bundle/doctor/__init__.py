"""`x07 doctor`: what this machine has of what programs need, and what mends the rest."""
