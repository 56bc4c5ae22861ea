"""The processes of an installation: web, worker, engine, and the demo's tree of all three."""
