"""Shows the product at work: a small real system to collect from, and one catalogue for each readiness system."""
