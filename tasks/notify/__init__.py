"""Telling people through sinks: Apprise and Alertmanager, each delivery under a time limit."""
