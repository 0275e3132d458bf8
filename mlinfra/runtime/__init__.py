"""Code that runs inside a user's platform. Each module is delivered by itself and imports only what its image has."""
