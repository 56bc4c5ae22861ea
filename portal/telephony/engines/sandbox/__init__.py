"""The embedded switch: phones, callers and voices of its own under the same call control as a real engine.

Everything here happens in the one thread of a `Timeline`, in real time or, in tests, as fast as it can.
"""
