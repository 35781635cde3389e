"""代约: the desk books for a family that rings or walks in."""
