"""Hooks of schemathesis: the identity of the caller, and what the document cannot say about it.

TRADEPOST_IDENTITY is `administrator`, `customer` or `server`; the last one is a server of the shop with an API key.
"""

import os

import requests
import schemathesis
from requests.adapters import HTTPAdapter

URL = os.environ["TRADEPOST_URL"]
IDENTITY = os.environ["TRADEPOST_IDENTITY"]
CUSTOMER_HEADER = "Tradepost-Customer"


class OwnAddress(HTTPAdapter):
    """Wrong passwords among the made-up requests delay sign-ins from their address, but not from this one."""

    def init_poolmanager(self, *arguments, **settings):
        super().init_poolmanager(*arguments, **settings, source_address=("127.0.0.2", 0))


session = requests.Session()
session.mount("http://", OwnAddress())


def sign_in(name, password):
    body = {"user_name": name, "user_password": password}
    answer = session.post(f"{URL}/v1/sessions", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()["access_token"]


def administrator():
    return sign_in("admin", os.environ["TRADEPOST_ADMIN_PASSWORD"])


def customer():
    return sign_in("zs", os.environ["TRADEPOST_CUSTOMER_PASSWORD"])


def server():
    body = {"name": "schemathesis", "scopes": ["orders", "catalog"]}
    headers = {"Authorization": f"Bearer {administrator()}"}
    answer = requests.post(f"{URL}/admin/api-keys", json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json()["key"]


class Token:
    """The token of the identity. A request may end its own session, so it is replaced when it was refused."""

    value = None

    @classmethod
    def get(cls):
        if cls.value is None:
            cls.value = globals()[IDENTITY]()
        return cls.value


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return Token.get()

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {Token.get()}"}


@schemathesis.hook
def after_call(context, case, response):
    sent = (case.headers or {}).get("Authorization", "")
    if response.status_code == 401 and sent == f"Bearer {Token.value}":
        Token.value = None


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """A user's token refuses the header that names a customer, and an API key requires it, but for guests: whether the header
    is a valid parameter depends on the kind of the token, and a document of OpenAPI has no words for that."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            parameters = operation.get("parameters", [])
            is_for_guests = {} in operation.get("security", [])
            if IDENTITY != "server":
                operation["parameters"] = [known for known in parameters if known["name"] != CUSTOMER_HEADER]
            elif not is_for_guests:
                for parameter in parameters:
                    if parameter["name"] == CUSTOMER_HEADER:
                        parameter["required"] = True
