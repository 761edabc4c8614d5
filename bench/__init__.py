"""How fast the history is looked up, beside the ways one would do it by hand."""
