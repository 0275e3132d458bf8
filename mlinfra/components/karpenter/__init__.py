"""Karpenter: the controller that makes nodes as pods need them."""
