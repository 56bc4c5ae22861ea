"""The composition root: settings, adapters, features, subscriptions. The only file that knows every room."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import navigation, subscriptions
from portal.accounts import door
from portal.accounts.trail.export import TRAIL_EXPORT
from portal.accounts.views import feature as accounts
from portal.accounts.visits.ending import ENDING as VISITS_END
from portal.admin.metrics.views import feature as metrics
from portal.admin.views import feature as admin
from portal.billing.panel import CHARGE_PANEL
from portal.billing.regular import REGULAR as MONEY_BY_THE_CLOCK
from portal.billing.rerating.job import RE_RATING
from portal.billing.rerating.views import desk as rerating_desk
from portal.billing.tariffs.views import desk as tariffs_desk
from portal.billing.views import feature as billing
from portal.calls.export.job import EXPORT
from portal.calls.log import textindex
from portal.calls.log.notices import add_notice_source
from portal.calls.log.recount import MOVING
from portal.calls.panels import add_panels
from portal.calls.remarks.panel import REMARK_PANEL
from portal.calls.views import feature as calls
from portal.connectors.inlet import inlet as crm_records
from portal.connectors.inlet import plain as plain_crm_record
from portal.connectors.making import CrmOfAccount
from portal.connectors.panel import CRM_PANEL
from portal.connectors.records import PREFIX as CRM_RECORDS
from portal.connectors.views import feature as connectors
from portal.contacts import wordindex
from portal.contacts.exchange.export import EXPORTING as CONTACTS_EXPORT
from portal.contacts.exchange.job import IMPORTING as CONTACTS_IMPORT
from portal.contacts.exchange.job import UNDOING as CONTACTS_UNDO
from portal.contacts.views import feature as contacts
from portal.followups.due import use as use_working_time
from portal.followups.panel import FOLLOW_UP_PANEL
from portal.followups.views import feature as followups
from portal.helpdesk.views import desk, helpdesk
from portal.integration.panel import BLACKLIST_PANEL
from portal.integration.views import feature as integration
from portal.invoicing.cards.asking import WATCH
from portal.invoicing.cards.notices import PREFIX as CARD_NOTICES
from portal.invoicing.cards.notices import plain as plain_card_notice
from portal.invoicing.papers.archive import ARCHIVE as PAPER_ARCHIVE
from portal.invoicing.papers.job import DUE_PAPERS, PAPERS
from portal.invoicing.views import desk as invoicing_desk
from portal.invoicing.views import invoicing
from portal.invoicing.views import notices as card_notices
from portal.jobs.keeping import CLEANING
from portal.jobs.views import feature as jobs
from portal.kernel import db, logs
from portal.kernel.bells import make_bells
from portal.kernel.config import Settings
from portal.kernel.events import EventBus
from portal.kernel.http import Door
from portal.kernel.i18n import CATALOGUES, DEFAULT_LOCALE
from portal.kernel.jobs import kinds as job_kinds
from portal.kernel.lateindexes import use_late_indexes
from portal.kernel.mail.carrier import make_postman
from portal.kernel.secrets import Vault, derive
from portal.kernel.storage import make_store
from portal.offer.views import desk as offer_desk
from portal.offer.views import offer
from portal.overview.views import feature as overview
from portal.public_api import errors as api_errors
from portal.public_api.description import feature as description
from portal.public_api.views import PREFIX as API_PREFIX
from portal.public_api.views import feature as public_api
from portal.recordings.archive import ARCHIVE
from portal.recordings.outlines import MISSING_OUTLINES, OUTLINES
from portal.recordings.panel import RECORD_PANEL
from portal.recordings.removal import LETTING_GO
from portal.recordings.retention import DUE_RETENTION, RETENTION
from portal.recordings.views import feature as recordings
from portal.routing.lookup import LookupDesk, use_crm
from portal.routing.rules import RulesAtHand
from portal.routing.turns import Turns
from portal.routing.working_time import LineHoursTime
from portal.telephony.provider.inlet import PREFIX as NOTICE_PREFIX
from portal.telephony.provider.inlet import inlet as provider_inlet
from portal.telephony.provider.inlet import plain as plain_notice
from portal.web import addresses, assets, errors, filters, live, requests, security, templating
from portal.web.health import feature as health
from portal.web.meters import RequestMeter
from portal.webhooks.capture.inlet import PREFIX as CAPTURE_PREFIX
from portal.webhooks.capture.inlet import inlet
from portal.webhooks.capture.inlet import plain as plain_capture
from portal.webhooks.notices import Deliveries
from portal.webhooks.pages.panel import DELIVERY_PANEL
from portal.webhooks.pages.views import feature as webhooks

Process = Literal["web", "worker", "jobs", "engine", "command"]
ROOT = Path(__file__).resolve().parent.parent
FEATURES = (
    health,
    metrics,
    accounts,
    overview,
    contacts,
    calls,
    followups,
    recordings,
    billing,
    webhooks,
    inlet,
    provider_inlet,
    integration,
    connectors,
    crm_records,
    description,
    invoicing,
    card_notices,
    helpdesk,
    offer,
    jobs,
    public_api,
    admin,
    tariffs_desk,
    rerating_desk,
    invoicing_desk,
    desk,
    offer_desk,
)
BACKGROUND = (
    VISITS_END,
    CLEANING,
    CONTACTS_IMPORT,
    CONTACTS_UNDO,
    CONTACTS_EXPORT,
    EXPORT,
    OUTLINES,
    MISSING_OUTLINES,
    RETENTION,
    DUE_RETENTION,
    LETTING_GO,
    ARCHIVE,
    TRAIL_EXPORT,
    PAPERS,
    DUE_PAPERS,
    PAPER_ARCHIVE,
    WATCH,
    RE_RATING,
    MOVING,
    *MONEY_BY_THE_CLOCK,
)
"""What `portal worker` does besides sending webhooks: kinds of jobs, and works that come again and again."""
_MAX_FORM = 1_000_000


def create_app(settings: Settings, process: Process = "web") -> Flask:
    """An app for one process of an installation. Touches neither the network nor the database."""
    app = addresses.AddressedFlask("portal", template_folder=str(ROOT / "templates"), static_folder=None)
    # Nobody is sent on from `//path`: the new address would be written out, with a key that stands in its query.
    app.url_map.merge_slashes = False
    templating.init_app(app)
    _configure(app, settings)
    _adapters(app, settings, process)
    # Commands speak English, as their help does.
    choose_locale = (lambda: "en") if process == "command" else door.choose_locale
    Babel(
        app,
        default_locale=DEFAULT_LOCALE,
        default_translation_directories=str(CATALOGUES),
        locale_selector=choose_locale,
        configure_jinja=False,
    )
    Migrate(app, db.db, directory=str(ROOT / "migrations"), render_as_batch=True)
    addresses.init_app(app)
    requests.init_app(app)
    security.init_app(app)
    errors.init_app(app)
    _open_to_programs(app)
    filters.init_app(app)
    assets.init_app(app)
    door.init_app(app)
    live.init_app(app, app.extensions["portal.bells"], limit=settings.web_threads // 2)
    for feature in FEATURES:
        app.register_blueprint(feature)
    app.extensions["portal.meter"] = RequestMeter([*app.blueprints, "static", "none"])
    panels = (RECORD_PANEL, FOLLOW_UP_PANEL, REMARK_PANEL, DELIVERY_PANEL, CRM_PANEL, CHARGE_PANEL, BLACKLIST_PANEL)
    add_panels(app, *panels)
    add_notice_source(app, Deliveries())
    use_late_indexes(app, textindex.LATE_INDEX, wordindex.LATE_INDEX)
    use_working_time(app, LineHoursTime())
    use_crm(app, CrmOfAccount())
    subscriptions.init_app(app)
    navigation.init_app(app)
    return app


def _open_to_programs(app: Flask) -> None:
    """Where no browser asks: errors have a shape of their own, and no form brings a token."""
    errors.answer_in(app, API_PREFIX, api_errors.plain)
    errors.answer_in(app, CAPTURE_PREFIX, plain_capture)
    errors.answer_in(app, NOTICE_PREFIX, plain_notice)
    errors.answer_in(app, CARD_NOTICES, plain_card_notice)
    errors.answer_in(app, CRM_RECORDS, plain_crm_record)
    for feature in (public_api, inlet, card_notices):
        security.csrf.exempt(feature)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=derive(settings.secret_key, "cookie").hex(),
        SECRET_KEY_FALLBACKS=[derive(key, "cookie").hex() for key in settings.retired_secret_keys],
        SESSION_COOKIE_NAME="__Host-portal",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=_MAX_FORM,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_FIELD_NAME="csrf_token",
    )
    app.extensions["portal.settings"] = settings
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _adapters(app: Flask, settings: Settings, process: Process) -> None:
    logs.configure(settings.log_level, settings.log_format)
    bells = make_bells(settings.database_url, settings.data)
    pool = {"web": settings.web_threads // 2, "worker": 6, "jobs": 8, "engine": 4, "command": 2}[process]
    # A worker goes over the newest rows again and again, and pages over all of them.
    cache = 4 if process == "worker" else 32
    db.init_app(app, settings.database_url, pool_size=pool, bells=bells, cache_megabytes=cache)
    app.extensions["portal.vault"] = Vault(settings.secret_key, *settings.retired_secret_keys)
    app.extensions["portal.storage"] = make_store(settings)
    app.extensions["portal.events"] = EventBus()
    job_kinds.init_app(app, *BACKGROUND)
    app.extensions["portal.postman"] = make_postman(settings)
    app.extensions["portal.http"] = Door(allow=settings.webhook_allow)
    app.extensions["portal.lookups"] = LookupDesk(app)
    app.extensions["portal.rules"] = RulesAtHand()
    app.extensions["portal.turns"] = Turns(app)
