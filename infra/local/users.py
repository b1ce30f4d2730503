"""Somebody for each role in the console of a local stack, with passwords that are good here and nowhere else."""

import secrets
from dataclasses import replace

from infra.local.stack import Stack

PEOPLE = {
    "csc": ("lise@avonova.example", ("csc",)),
    "csc2": ("nils@avonova.example", ("csc",)),
    # Owners of the seeded portal: an adviser is who they are in HubSpot by this address.
    "pfa": ("kari@avonova.example", ("pfa",)),
    "pfa2": ("ola@avonova.example", ("pfa",)),
    "ops": ("drift@avonova.example", ("ops",)),
}
"""Who they are and which groups they are in."""


def with_users(stack: Stack) -> Stack:
    """The stack with a user for each role, whose address is verified and whose password is random."""
    pool = stack.outputs()["ConsoleUsersId"]
    cognito = stack.client("cognito-idp")
    made: dict[str, dict[str, str]] = {}
    for role, (email, groups) in PEOPLE.items():
        password = f"lokal-{secrets.token_urlsafe(12)}"
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
        made[role] = {"email": email, "password": password}
    return replace(stack, console_users=made)
