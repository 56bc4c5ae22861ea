"""A real Asterisk (18 or newer) over ARI, under the same call control as the sandbox.

Everything that decides happens in the one thread of a `Timeline`. What is asked of Asterisk goes out there too, by
`Lanes`: in the order of each call, beside each other, and without waiting. What it tells comes in by a `Feed`, whose
thread reads and queues and does nothing else.
"""
