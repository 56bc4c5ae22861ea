"""How deliveries go out: who may take what and when, the try itself, what came of it."""
