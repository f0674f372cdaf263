"""Explore, split and save clusters of images in a Jupyter notebook."""

from __future__ import annotations
