"""The deploy ledger on disk."""
