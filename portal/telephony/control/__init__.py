"""Call control: one pure state machine per call.

``machine.on(event, now)`` answers with commands; a driver turns commands into acts and the world into
events. Nothing in this package does I/O, reads a clock or throws dice, so each rule can be tested by itself.
"""
