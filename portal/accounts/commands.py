"""`portal account …` and `portal user …`."""

from __future__ import annotations

import click
from flask import current_app
from sqlalchemy import select

from portal.accounts import api_keys, services
from portal.accounts.models import Account, User
from portal.accounts.roles import Role
from portal.kernel.commands import Commands
from portal.kernel.db import db, transaction
from portal.kernel.secrets import Vault

account = Commands("account", help="Accounts: the companies of the installation.")
user = Commands("user", help="People who sign in.")


def _vault() -> Vault:
    vault: Vault = current_app.extensions["portal.vault"]
    return vault


@account.command("add")
@click.argument("name")
@click.option("--time-zone", default="Europe/Moscow", show_default=True, help="Where its days begin.")
@click.option("--currency", default="RUB", show_default=True, help="ISO 4217 code.")
def add_account(name: str, time_zone: str, currency: str) -> None:
    """Open an account; prints its number."""
    click.echo(services.open_account(_vault(), name, time_zone=time_zone, currency=currency))


@account.command("list")
def list_accounts() -> None:
    """Number, name and state of each account."""
    with transaction(writes=False):
        for row in db.session.scalars(select(Account).order_by(Account.id)):
            click.echo(f"{row.id}\t{row.name}\t{'blocked' if row.is_blocked else 'active'}")


@account.command("key")
@click.argument("account_id", type=int)
def print_key(account_id: int) -> None:
    """Print the account's key, for scripts."""
    with transaction(account_id):
        services.find_account(account_id)
        click.echo(api_keys.reveal_api_key(_vault()))


@account.command("block")
@click.argument("account_id", type=int)
@click.option("--undo", is_flag=True, help="Let it work again.")
def block_account(account_id: int, undo: bool) -> None:  # noqa: FBT001
    """Let an account place no more outgoing calls."""
    with transaction(account_id):
        services.block_account(account_id, is_blocked=not undo)


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="What the pages call this person.")
@click.option("--account", "account_id", type=int, help="Number of the account to enter.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.VIEWER.value, show_default=True)
@click.option("--operator", is_flag=True, help="Runs the installation and belongs to no account.")
@click.password_option()
def add_user(email: str, name: str, account_id: int | None, role: str, operator: bool, password: str) -> None:  # noqa: FBT001
    """Let a person sign in."""
    with transaction():
        services.add_user(email, name or email.partition("@")[0], password, is_operator=operator)
        if account_id is not None:
            services.add_member(account_id, email, Role(role))


@user.command("password")
@click.argument("email")
@click.password_option()
def set_password(email: str, password: str) -> None:
    """Set a new password; every session of the person ends."""
    with transaction():
        services.set_password(email, password)


@user.command("role")
@click.argument("email")
@click.argument("account_id", type=int)
@click.argument("role", type=click.Choice([role.value for role in Role]))
def set_role(email: str, account_id: int, role: str) -> None:
    """Give a person a role in an account."""
    with transaction():
        services.add_member(account_id, email, Role(role))


@user.command("disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the person sign in again.")
def disable_user(email: str, undo: bool) -> None:  # noqa: FBT001
    """Send a person out, at the next request, and keep the person out."""
    with transaction():
        services.disable_user(email, is_disabled=not undo)


@user.command("list")
def list_users() -> None:
    """E-mail, name and state of each person."""
    with transaction(writes=False):
        for row in db.session.scalars(select(User).order_by(User.email)):
            state = "disabled" if row.is_disabled else "operator" if row.is_operator else "active"
            click.echo(f"{row.email}\t{row.name}\t{state}")
