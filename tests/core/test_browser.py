"""Cookies, storage and redirects, as RFC 6265bis and the Fetch standard have them."""

import pytest

from authpatterns import faults
from authpatterns.browser import Browser, CookieJar, cookies_of, parse_cookie, set_cookie, site_of
from authpatterns.errors import Misuse
from authpatterns.messages import Request, Response, Url
from authpatterns.network import Network
from authpatterns.node import Node

SHOP = Url.parse("https://shop.example/orders/1")


def kept(line, url=SHOP):
    return parse_cookie(url, line, now=0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("novalue", "no equals sign"),
        ("=x", "no name"),
        ("__Host-a=1; Path=/", "__Host- without Secure"),
        ("__Host-a=1; Secure", "__Host- without Path=/"),
        ("__Host-a=1; Secure; Path=/deep", "__Host- with another path"),
        ("__Host-a=1; Secure; Path=/; Domain=shop.example", "__Host- with Domain"),
        ("__secure-a=1; Path=/", "__Secure- without Secure, in any case"),
        ("a=1; Domain=id.example", "a foreign domain"),
        ("a=1; Domain=example", "a whole top-level domain"),
        ("a=1; SameSite=None", "SameSite=None without Secure"),
    ],
)
def test_a_cookie_against_the_rules_is_ignored(line, why):
    assert kept(line) is None, why


def test_a_secure_cookie_needs_https():
    assert kept("a=1; Secure", Url.parse("http://shop.example/")) is None
    assert not kept("a=1; Secure").goes_to(Url.parse("http://shop.example/orders"), 0)


def test_attributes_are_read_and_have_their_defaults():
    cookie = kept("a=1; HttpOnly; Max-Age=60; SameSite=strict")
    assert (cookie.http_only, cookie.expires, cookie.same_site, cookie.path) == (True, 60, "Strict", "/orders")
    assert kept("a=1").same_site == "Lax"
    assert kept("a=1; Max-Age=soon").expires is None


def test_a_host_cookie_stays_with_its_host_and_a_domain_cookie_reaches_its_subdomains():
    pay = Url.parse("https://pay.shop.example/orders")
    assert not kept("a=1; Path=/").goes_to(pay, 0)
    assert kept("a=1; Path=/; Domain=.shop.example").goes_to(pay, 0)
    assert not kept("a=1; Path=/; Domain=shop.example").goes_to(Url.parse("https://badshop.example/"), 0)


def test_a_path_is_not_a_prefix():
    cookie = kept("a=1; Path=/auth")
    assert cookie.goes_to(Url.parse("https://shop.example/auth/refresh"), 0)
    assert not cookie.goes_to(Url.parse("https://shop.example/authors"), 0)


def test_cookies_expire_are_replaced_and_deleted():
    jar = CookieJar()
    jar.set(SHOP, "a=1; Path=/; Max-Age=10", now=0)
    assert [c.value for c in jar.fitting(SHOP, 9)] == ["1"]
    assert jar.fitting(SHOP, 10) == []
    jar.set(SHOP, "a=2; Path=/", now=0)
    assert [c.value for c in jar] == ["2"]
    jar.set(SHOP, set_cookie("a", "", max_age=0), now=0)
    assert list(jar) == []
    jar.set(SHOP, "a=3", now=0)
    jar.clear()
    assert list(jar) == []


def test_the_longest_path_goes_first():
    jar = CookieJar()
    jar.set(SHOP, "a=wide; Path=/", now=0)
    jar.set(SHOP, "a=deep; Path=/orders", now=0)
    assert [c.value for c in jar.fitting(SHOP, 0)] == ["deep", "wide"]


def test_a_site_is_the_last_two_labels():
    assert site_of("https://a.shop.example") == site_of("https://shop.example:443") != site_of("https://evil.example")


def test_of_a_repeated_cookie_the_first_counts():
    assert cookies_of(Request.get("/", {"cookie": "a=1; b=2; a=3; junk"})) == {"a": "1", "b": "2"}


class Site(Node):
    """Answers what it is told to, and keeps what it was asked."""

    def __init__(self, name):
        super().__init__(name)
        self.asked = []
        self.answers = {}

    async def handle(self, request):
        self.asked.append(request)
        return self.answers.get(request.path, Response(200))


@pytest.fixture
def world():
    network = Network()
    shop, other = network.add(Site("shop")), network.add(Site("other"))
    browser = Browser("alice")
    browser.origin = "https://shop.example"
    network.add(browser)
    network.publish("https://shop.example", "/", "shop")
    network.publish("https://other.example", "/", "other")
    for name in ("Strict", "Lax", "None"):
        browser.cookies.set(SHOP, f"{name.lower()}=1; Path=/; Secure; SameSite={name}", now=0)
    return network, browser, shop, other


def sent(world, coroutine):
    world[0].kernel.run(coroutine)
    return world[2].asked[-1]


def test_a_page_of_the_shop_sends_every_cookie(world):
    request = sent(world, world[1].fetch("https://shop.example/x", Request.get("/x")))
    assert set(cookies_of(request)) == {"strict", "lax", "none"}
    assert "origin" not in request.headers
    assert request.headers.get("host") == "shop.example"


def test_a_script_of_another_site_sends_only_same_site_none_and_its_origin(world):
    request = sent(world, world[1].fetch("https://shop.example/x", Request.post("/x"), page="https://other.example"))
    assert set(cookies_of(request)) == {"none"}
    assert request.headers.get("origin") == "https://other.example"


def test_a_link_from_another_site_sends_lax_cookies_and_a_form_does_not(world):
    link = sent(world, world[1].visit("https://shop.example/x", page="https://other.example"))
    form = sent(world, world[1].visit("https://shop.example/x", {"a": "1"}, page="https://other.example"))
    assert set(cookies_of(link)) == {"lax", "none"}
    assert set(cookies_of(form)) == {"none"}
    assert (form.form(), form.headers.get("origin")) == ({"a": "1"}, "https://other.example")


def test_a_typed_address_sends_every_cookie(world):
    assert set(cookies_of(sent(world, world[1].visit("https://shop.example/x")))) == {"strict", "lax", "none"}


def test_an_answer_to_another_sites_script_sets_only_same_site_none(world):
    _, browser, shop, _ = world
    shop.answers["/x"] = (
        Response(200)
        .with_header("set-cookie", "new=1; Path=/")
        .with_header("set-cookie", "n=1; Path=/; Secure; SameSite=None")
    )
    sent(world, browser.fetch("https://shop.example/x", Request.get("/x"), page="https://other.example"))
    assert [c.name for c in browser.cookies][3:] == ["n"]


def test_redirects_are_followed_with_get_and_307_keeps_the_form(world):
    network, browser, shop, other = world
    shop.answers = {
        "/a": Response.redirect("https://other.example/b"),
        "/t": Response(307).with_header("location", "/u"),
    }
    network.kernel.run(browser.visit("https://shop.example/a", {"x": "1"}))
    assert [(r.method, r.target, r.body) for r in other.asked] == [("GET", "/b", "")]
    network.kernel.run(browser.visit("https://shop.example/t", {"x": "1"}))
    assert (shop.asked[-1].method, shop.asked[-1].target, shop.asked[-1].form()) == ("POST", "/u", {"x": "1"})


def test_endless_redirects_are_reported(world):
    world[2].answers["/a"] = Response.redirect("/a")
    with pytest.raises(Misuse, match="20"):
        sent(world, world[1].visit("https://shop.example/a"))


def test_a_site_that_cannot_be_reached_is_shown_as_503(world):
    network, browser, *_ = world
    with network.rule(faults.Outage("shop")):
        assert network.kernel.run(browser.visit("https://shop.example/")).status == 503
    assert network.kernel.run(browser.visit("https://nowhere.example/")).status == 503


def test_a_script_reads_storage_and_cookies_without_http_only(world):
    _, browser, *_ = world
    browser.cookies.set(SHOP, set_cookie("hidden", "h"), now=0)
    browser.storage("local")["token"] = "t"
    browser.storage("session")["draft"] = "d"
    seen = browser.seen_by_script()
    assert seen["localStorage token"] == "t"
    assert "cookie strict" in seen
    assert "cookie hidden" not in seen
    assert browser.seen_by_script("https://other.example") == {}
    browser.close_tab()
    assert "sessionStorage draft" not in browser.seen_by_script()
