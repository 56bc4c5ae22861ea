"""Somebody who visits a running installation over HTTP: signed in, with one connection that is kept open."""

import time
from typing import Self

import requests

SECONDS = 60


class Visitor:
    """One person's connection to `url`. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def sign_in(self, email: str, password: str) -> None:
        """Signs in as a browser without scripts does; AssertionError where the answer is no."""
        answer = self.post("/login", {"email": email, "password": password}, page="/login")
        assert answer.status_code == 303, answer.text

    def get(self, path: str, *, stream: bool = False) -> requests.Response:
        """A page; AssertionError if it is not one."""
        answer = self._session.get(f"{self.url}{path}", stream=stream, allow_redirects=False, timeout=SECONDS)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return self._keep_cookie(answer)

    def seconds_of(self, path: str) -> float:
        """How long a page takes, from the request's first byte to the answer's last."""
        began = time.perf_counter()
        self.get(path)
        return time.perf_counter() - began

    def post(self, path: str, form: dict[str, str], *, page: str = "/") -> requests.Response:
        """Sends a form, with the token of a page."""
        token = self.get(page).text.partition('name="csrf_token" value="')[2].partition('"')[0]
        headers = {"Origin": self.url}
        form = {"csrf_token": token, **form}
        return self._keep_cookie(
            self._session.post(f"{self.url}{path}", form, headers=headers, allow_redirects=False, timeout=SECONDS)
        )

    def _keep_cookie(self, answer: requests.Response) -> requests.Response:
        # It is for HTTPS only, which a browser takes this machine for and `requests` does not.
        if "Set-Cookie" in answer.headers:
            self._session.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
