"""Who may ask the API for what, and forms and addresses that cannot be forged."""

from __future__ import annotations

import uuid

import pytest
from fastapi.testclient import TestClient

from callers import call_of, sign_in
from fakes import tone, wav
from models.database import Database
from service.settings import Settings


def test_nothing_is_answered_to_strangers(client: TestClient, database: Database, settings: Settings) -> None:
    """Every route of the API but the documentation asks for a sign-in."""
    paths = client.get("/api/openapi.json").json()["paths"]
    assert len(paths) >= 10
    for path, methods in paths.items():
        for method in methods:
            answer = client.request(method, path.replace("{call_id}", str(uuid.uuid4())))
            assert answer.status_code == 401, (method, path)
    wrong = client.get("/api/calls", headers={"Authorization": "Bearer cc_wrong"})
    assert wrong.status_code == 401


def test_a_call_exists_only_for_those_who_may_see_it(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """The rep, the team's manager and the admin get the call; to others each of its routes says 404."""
    call_id = call_of(database, settings, "ana")
    for name, seen in {"ana": True, "boss": True, "admin": True, "abe": False, "sue": False}.items():
        head = tokens[name]
        listed = client.get("/api/calls", headers=head).json()
        assert (listed["total"] == 1) is seen, name
        expected = 200 if seen else 404
        for route in ("", "/audio", "/peaks"):
            assert client.get(f"/api/calls/{call_id}{route}", headers=head).status_code == expected, (name, route)
        if not seen:
            for method, route in (("POST", "/reprocess"), ("DELETE", ""), ("POST", "/restore"), ("POST", "/roles")):
                body = {"swapped": True} if route == "/roles" else None
                answer = client.request(method, f"/api/calls/{call_id}{route}", headers=head, json=body)
                assert answer.status_code == 404, (name, route)


def test_a_forged_form_is_refused(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """With the cookie alone nothing can be changed; with the page's token it can."""
    call_id = call_of(database, settings, "ana")
    csrf = sign_in(client)
    files = {"files": ("a.wav", wav(tone(3.0)))}
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}):
        assert client.delete(f"/api/calls/{call_id}", headers=headers).status_code == 403
        assert client.post("/api/recordings", files=files, headers=headers).status_code == 403
    assert client.delete(f"/api/calls/{call_id}", headers={"X-CSRF-Token": csrf}).json() == {"state": "deleted"}
    assert client.get(f"/api/calls/{call_id}").status_code == 404
    answer = client.post(f"/api/calls/{call_id}/restore", headers={"X-CSRF-Token": csrf})
    assert answer.json() == {"state": "restored"}


def test_the_session_cookie_is_for_this_site_only(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """Scripts cannot read the cookie and other sites cannot send it."""
    answer = client.post("/login", data={"email": "ana@example.com", "password": "correct horse"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie or "samesite=strict" in cookie


def test_pages_lead_strangers_to_the_sign_in(client: TestClient) -> None:
    """A page asked for without a session redirects there, and comes back to where it was."""
    answer = client.get("/calls?event=opening")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fcalls%3Fevent%3Dopening"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_sign_in_never_leads_to_another_site(
    client: TestClient, tokens: dict[str, dict[str, str]], target: str
) -> None:
    """Whatever ``next`` says, one stays here."""
    data = {"email": "ana@example.com", "password": "correct horse", "next": target}
    location = client.post("/login", params={"next": target}, data=data).headers["location"]
    assert location in ("/", "/calls")


def test_the_sign_in_takes_no_form_from_elsewhere(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """Another site's form is refused, and so is that of a sandboxed frame, which any site can make."""
    data = {"email": "ana@example.com", "password": "correct horse"}
    for origin, status_code in {"https://evil.example": 403, "null": 403, "http://testserver": 303}.items():
        assert client.post("/login", data=data, headers={"Origin": origin}).status_code == status_code, origin


def test_every_answer_carries_the_safety_headers(client: TestClient) -> None:
    """Pages and API forbid scripts from elsewhere, framing, and guessing of types."""
    for path in ("/login", "/api/calls", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/calls?q=%00",
        "/api/calls?q=a%00b",
        "/api/calls?opportunity=%00",
        "/opportunities?q=%00",
        "/opportunities/%00",
        "/api/opportunities/%00",
        "/calls/%00",
        "/static/%00",
        "/calls?until=9999-12-31",
        "/calls?since=0001-01-01",
    ],
)
def test_no_address_is_an_internal_error(client: TestClient, tokens: dict[str, dict[str, str]], path: str) -> None:
    """NUL bytes and the ends of the calendar are refused or answered, never a 500."""
    answer = client.get(path, headers=tokens["admin"])
    assert answer.status_code == 200 if "-" in path else answer.status_code in (400, 404)
