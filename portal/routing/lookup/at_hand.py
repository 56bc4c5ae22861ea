"""The account's CRM, where one is connected: the rooms above offer it, `portal/app.py` hands it over."""

from __future__ import annotations

from flask import Flask, current_app

from portal.routing.lookup.protocol import CrmAtHand


def use_crm(app: Flask, crm: CrmAtHand) -> None:
    """Called once by the composition root."""
    app.extensions["portal.crm"] = crm


def crm_at_hand() -> CrmAtHand:
    """Who knows the CRM of the entered account."""
    crm: CrmAtHand = current_app.extensions["portal.crm"]
    return crm
