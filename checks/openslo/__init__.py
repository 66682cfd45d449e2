"""Reads OpenSLO documents (openslo.com, v1) into the text of a catalogue, and says what it could not read."""
