"""Athena: answers the questions of people on duty from the tables in AWS, at any size, without a local store."""
