"""Brings the catalogue up to date from the APIs of AWS (`mlinfra catalog refresh`)."""
