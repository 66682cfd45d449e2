"""Backup tools: what each is asked, and how what it prints is read. One module for each tool."""
