"""Middleware that comes with memio. A configuration names it under `middleware`; unnamed, it is off.

Each module is a whole plugin, and an example of how to write one: its settings, what it does to a
call, and the hook that offers it. Its entry point, in the group `memio.middleware`, is what makes the
name known.
"""
