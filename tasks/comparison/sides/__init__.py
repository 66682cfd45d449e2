"""One module for each dialect; `tasks.comparison.opening` finds them by scheme or suffix and imports them when used."""
