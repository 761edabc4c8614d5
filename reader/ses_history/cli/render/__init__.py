"""Answers as text for a terminal, a module for each command."""
