"""Teams on a cluster: a namespace each, with its own quota, network and permissions."""
