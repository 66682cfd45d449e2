"""Triggers: how a drill sets something going, whatever deploys the system."""
