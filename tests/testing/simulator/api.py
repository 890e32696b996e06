"""A client of the simulator over plain HTTP."""

from __future__ import annotations

from typing import Any

import requests


class Api:
    """A client of the REST API over plain HTTP."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = f"{url}/api/v4"
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["PRIVATE-TOKEN"] = token

    def __call__(self, method: str, path: str, json: Any = None, **options: Any) -> Any:
        """Send one request and return the response."""
        options.setdefault("allow_redirects", False)
        return self.session.request(method, f"{self.url}/{path}", json=json, timeout=20, **options)
