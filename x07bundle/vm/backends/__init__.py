"""One module per backend; `table` holds them all."""
