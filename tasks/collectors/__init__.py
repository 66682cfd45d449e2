"""Collectors: one module for each kind of evidence. They ask and keep what was answered; they never judge."""
