"""Sealing: keys, signers, and evidence as bundles that verify without this program."""
