"""What makes a cluster a place to train: operators, queues, and every team's share and data."""
