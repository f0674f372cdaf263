"""Questions about clusters: how they compare, which to split, where new images belong."""
