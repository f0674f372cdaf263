"""The map: images in two dimensions, similar ones near each other."""
