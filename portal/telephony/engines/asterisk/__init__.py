"""A real Asterisk (18 or newer) over ARI, under the same call control as the sandbox.

Everything that decides happens in the one thread of a `Timeline`; what is asked of Asterisk goes out by `Lanes`, in
the order of each call, and what it tells comes in by a `Feed`, whose thread reads and queues and does nothing else.
"""
