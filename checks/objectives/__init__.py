"""Service level objectives as arithmetic: counters, shares under a limit, budgets, burn rates, coverage."""
