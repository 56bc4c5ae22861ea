"""The page «Интеграция с CRM»: it composes the key, the CRM users, the receivers, the strategy and the webhooks."""
