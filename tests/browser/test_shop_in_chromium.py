"""A real Chromium uses the served shop under every pattern: sign in, read an order, be refused another's, sign out."""

import json

import pytest
from lab import browser_page

from authpatterns import catalogue, words
from authpatterns.adapters.front.command import serving

PATTERNS = tuple(catalogue.AUTHENTICATION)
ALICE = ("alice", "alice's password")


class Shop:
    """What a person does at the shop's page, whatever the pattern."""

    def __init__(self, site, page, lang):
        self.page, self.lang = page, lang
        kinds = [address for address in site.addresses if address.public]
        own = [address for address in kinds if "orders" in address.nodes or "gateway" in address.nodes]
        self.home = own[0].local

    def go_home(self):
        self.page.goto(f"{self.home}/")

    def say(self, key):
        return words.say(f"page.shop.{key}", self.lang)

    def press(self, key):
        self.page.get_by_role("button", name=self.say(key), exact=True).click()

    def sign_in(self):
        """At the shop's own form, or at the identity provider's."""
        self.press("sign-in")
        self.page.wait_for_function(
            "() => document.querySelector('input[name=ticket]') || document.querySelector('#answer .status')"
        )
        if self.page.locator("input[name=ticket]").count():
            self.page.locator("input[name=username]").fill(ALICE[0])
            self.page.locator("input[name=password]").fill(ALICE[1])
            self.page.get_by_role("button").click()
        return self.answer()

    def read(self, path):
        """The answer, as the shop's page shows it, or the browser itself where it goes to the address."""
        self.page.evaluate("() => document.getElementById('answer').replaceChildren()")
        self.page.locator(f"[data-path='{path}']").click()
        self.page.wait_for_function(
            "() => document.querySelector('#answer .status') || !document.getElementById('answer')"
        )
        if self.page.locator("#answer").count():
            return self.answer()[1]
        body = self.page.inner_text("body")
        self.go_home()
        return body

    def answer(self):
        self.page.wait_for_selector("#answer .status")
        shown = self.page.locator("#answer")
        return int(shown.locator(".status").inner_text().split()[0]), shown.inner_text()


@pytest.mark.parametrize("authn", PATTERNS)
def test_a_person_signs_in_reads_is_refused_and_signs_out(authn, chromium, artifacts):
    lang = "ja" if authn in ("sso", "session") else "en"
    dark = authn in ("sso", "jwt-gateway")
    with serving(catalogue.deploy(authn), 0, lang=lang) as site, browser_page(chromium, dark) as page:
        shop = Shop(site, page, lang)
        shop.go_home()
        assert shop.sign_in()[0] == 200
        assert '"owner"' in shop.read("/orders/1")
        assert "access_denied" in shop.read("/orders/2")
        assert '"carrier"' in shop.read("/shipments/1")
        page.screenshot(path=artifacts / f"shop-{authn}.png", full_page=True)
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert all(cookie["secure"] for cookie in cookies.values())

        console = page.context.browser.new_page(color_scheme="dark" if dark else "light")
        console.goto(f"{site.console}/?lang={lang}")
        console.wait_for_selector("#sequence img")
        assert words.say("act.get", lang, actor="visitor", detail="/shipments/1") in console.get_attribute(
            "#sequence img", "alt"
        )
        assert console.get_attribute("#topology img", "src").startswith("data:image/svg+xml")
        console.screenshot(path=artifacts / f"console-{authn}.png", full_page=True)

        shop.go_home()
        shop.press("sign-out")
        page.wait_for_function(
            "() => document.querySelector('#answer .status') || document.body.innerText.includes('signed_in')"
        )
        shop.go_home()
        after = shop.read("/orders/1")
        assert '"owner"' not in after
        assert json.dumps("unauthorized") in after or "Unauthorized" in after or "login_required" in after
        trace = site.live.trace.to_json()
        assert page.errors == []
        assert {host.rpartition(":")[0].rpartition(".")[2] for host in page.hosts if host} == {"localhost"}
        assert ALICE[1] not in trace
        assert site.live.network.bugs == []


@pytest.mark.parametrize("authn", ["jwt", "jwt-gateway", "sso", "sso-gateway"])
def test_a_credential_is_renewed_without_a_password(authn, chromium):
    with serving(catalogue.deploy(authn), 0, lang="en") as site, browser_page(chromium) as page:
        shop = Shop(site, page, "en")
        shop.go_home()
        shop.sign_in()
        page.evaluate("() => document.getElementById('answer').replaceChildren()")
        before = len(site.live.trace)
        shop.press("refresh")
        assert shop.answer()[0] == 200
        flowed = site.live.trace.hops[before:]
        assert [hop for hop in flowed if hop.request.path.endswith("/sign-in") and hop.request.method == "POST"] == []
        assert len(flowed) >= 1
        assert page.errors == []


def test_the_browser_keeps_the_sites_apart_by_name_and_not_by_port(chromium):
    """Cookies know no ports: on 127.0.0.1 the sites of the SSO pattern would overwrite each other's sessions."""
    with serving(catalogue.deploy("sso"), 0, lang="en") as site, browser_page(chromium) as page:
        shop = Shop(site, page, "en")
        shop.go_home()
        shop.sign_in()
        assert '"amount"' in shop.read("/payments/1")
        sessions = {cookie["domain"] for cookie in page.context.cookies() if cookie["name"] == "__Host-session"}
        assert sessions == {"orders.shop.localhost", "payments.shop.localhost"}
        assert '"owner"' in shop.read("/orders/1")
