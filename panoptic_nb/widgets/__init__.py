"""The widgets: traits and one message handler, no logic."""
