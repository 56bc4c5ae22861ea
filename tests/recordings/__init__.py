"""Records: taken over, played, saved."""
