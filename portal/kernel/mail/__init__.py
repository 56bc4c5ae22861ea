"""Mail: written down in the transaction that has a reason for it, sent by the worker, tried again until it is taken."""
