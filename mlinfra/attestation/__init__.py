"""Signed evidence: who checked exactly what, by which rules, with what result; and refusing whatever is not that.

A statement is an in-toto Statement with a SLSA verification summary as predicate, in a DSSE envelope signed with Ed25519
(https://in-toto.io/Statement/v1, https://slsa.dev/verification_summary/v1, https://github.com/secure-systems-lab/dsse).
"""
