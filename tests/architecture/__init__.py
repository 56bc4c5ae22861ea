"""The house polices itself: what a reader may rely on without looking."""
