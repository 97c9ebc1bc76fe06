"""From a book to a plan: policies, kernels, promises, pegging and the figures of a plan."""
