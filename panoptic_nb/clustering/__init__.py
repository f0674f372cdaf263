"""Built-in clustering functions, one algorithm a file."""
