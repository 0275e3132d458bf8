"""Policy documents: their grammar per kind, who they name, and what they come to."""
