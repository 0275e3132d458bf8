"""What an API server refuses beyond structure: names, labels, quantities, and what the fields of an object say together.

Sources: pkg/apis/*/validation of https://github.com/kubernetes/kubernetes, in its own words where users will search for them.
"""
