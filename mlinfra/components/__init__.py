"""Components: networks, keys, storage, audit, compute and training, secure by default."""
