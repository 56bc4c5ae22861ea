"""amoCRM, version 4 of its API (Kommo is the same). `AmoCrm` is the connector."""

from portal.connectors.amocrm.connector import AmoCrm

__all__ = ["AmoCrm"]
