"""What makes the devices of nodes known to Kubernetes, and watches them."""
