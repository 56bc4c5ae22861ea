"""«Оферта»: the provider's offer in versions, what changed between them, and who accepted which when."""
