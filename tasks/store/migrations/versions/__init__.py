"""One module for each version of the store; a released one is never edited."""
