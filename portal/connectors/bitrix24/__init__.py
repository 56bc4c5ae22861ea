"""Bitrix24 by its REST API. `Bitrix24` is the connector."""

from portal.connectors.bitrix24.connector import Bitrix24

__all__ = ["Bitrix24"]
