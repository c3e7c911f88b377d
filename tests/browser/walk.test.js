// The whole walk of a host and a customer, as they click it: with script and without, on a desk and in a hand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { content, launch, visitor } from "./lib/browser.js";
import { Jitsi } from "./lib/jitsi.js";
import { ADA, backends, Server } from "./lib/server.js";

const WALKS = [
  { script: true, width: 1280 },
  { script: false, width: 1280 },
  { script: true, width: 390 },
  { script: false, width: 390 },
  { script: true, width: 1280, backend: "postgres" },
];

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const { script, width, backend = "sqlite" } of WALKS) {
  const skip = !backends.includes(backend) && "ROOMKEY_TEST_POSTGRES is not set";
  const name = `the walk ${script ? "with" : "without"} script, ${width} wide, on ${backend}`;
  test(name, { skip, timeout: 90_000 }, async (t) => {
    const jitsi = await Jitsi.start(t);
    const server = await Server.start(t, { backend, jitsi: jitsi.base });
    const device = { javaScriptEnabled: script, viewport: { width, height: 844 }, hasTouch: width < 500 };
    const host = await visitor(t, browser, server, device);
    await setUp(host.page, server, script);
    await signOutAndIn(host.page);
    await makeEventType(host.page);
    await setHours(host.page, script);

    const customer = await visitor(t, browser, server, { ...device, timezoneId: "America/New_York" });
    await findTime(customer.page, script);
    const booking = await bookIt(customer.page, server, jitsi);
    await comeEarly(customer.page, booking);
    await server.restartAt("2027-03-03 09:55:00");
    await enter(customer.page, booking, jitsi);
    await seeInList(host.page, booking);
    await cancel(customer.page, booking, script);
    await bookByHand(host.page, server);
    content(host);
    content(customer);
  });
}

async function setUp(page, server, script) {
  await page.goto("/");
  await page.waitForURL("/setup");
  const zone = page.getByLabel("Your time zone");
  if (script) {
    assert.equal(await zone.inputValue(), "Europe/London", "the device's own");
    assert.match(await zone.locator("option:checked").innerText(), /^London – \d\d:\d\d now$/);
  }
  await page.getByLabel("Set-up token").fill(server.setupToken());
  await page.getByLabel("Your name").fill(ADA.name);
  await page.getByLabel("Email").fill("no address");
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByLabel("Page address").fill("ada");
  await zone.selectOption("Europe/Paris");
  await page.getByRole("button", { name: "Create account" }).click();

  // The refused form comes back with what was typed, and says what is wrong in words.
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.getByLabel("Your name").inputValue(), ADA.name);
  assert.equal(await page.getByLabel("Email").getAttribute("aria-invalid"), "true");
  assert.equal(await zone.inputValue(), "Europe/Paris", "a choice stays");
  await zone.selectOption("Europe/London");
  await page.getByLabel("Email").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("/app/bookings");
}

async function signOutAndIn(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/app/event-types");
  await page.waitForURL(/\/sign-in/);
  await page.getByLabel("Email").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("/app/event-types"); // where the way was to
}

async function makeEventType(page) {
  await page.getByRole("link", { name: "New event type" }).click();
  await page.getByLabel("Name", { exact: true }).fill("First call");
  await page.getByLabel("Page address").fill("first-call");
  await page.getByLabel("Description").fill("To see whether we fit.");
  await page.getByLabel("Length").fill("30");
  await page.getByLabel("Room opens early").fill("10");
  await page.getByRole("button", { name: "Save event type" }).click();
  await page.getByRole("status").filter({ hasText: /./ }).first().waitFor();
  await page.goto("/app/event-types");
  await page.getByRole("link", { name: "First call", exact: true }).waitFor();
}

async function setHours(page, script) {
  await page.getByRole("link", { name: "Availability" }).click();
  await page.getByLabel("Monday, hours 1, to").fill("12:00");
  await page.getByRole("button", { name: "Add hours to Monday" }).click();
  await page.getByLabel("Monday, hours 2, from").fill("13:00");
  await page.getByLabel("Monday, hours 2, to").fill("15:30");
  await page.getByRole("button", { name: "Remove Friday, hours 1" }).click();
  if (script) await page.getByText("Unsaved changes.").waitFor();
  await page.getByRole("button", { name: "Save hours" }).click();
  await page.getByRole("status").filter({ hasText: /./ }).first().waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Monday, hours 1, to").inputValue(), "12:00");
  assert.equal(await page.getByLabel("Monday, hours 2, to").inputValue(), "15:30");
  assert.equal(await page.getByLabel(/^Friday/).count(), 0);
}

async function findTime(page, script) {
  await page.goto("/ada");
  await page.getByRole("link", { name: "First call" }).click();
  const zone = page.getByLabel("Time zone");
  if (script) {
    await page.waitForURL(/tz=America/);
  } else {
    assert.equal(await zone.inputValue(), "Europe/London");
    await page.getByText("Times are shown in Ada Lovelace’s time zone, London").waitFor();
    await zone.selectOption("America/New_York");
    await page.getByRole("button", { name: "Change" }).click();
  }
  await page.getByText("New York time").waitFor();
  assert.equal(await zone.inputValue(), "America/New_York");

  await page.getByRole("link", { name: "Next month, April 2027" }).click();
  await page.getByRole("heading", { name: "April 2027" }).waitFor();
  await page.getByRole("link", { name: "Previous month, March 2027" }).click();
  // Nobody is offered Friday.
  await page.getByText("Friday 5 March, no times").waitFor();
  await page.getByRole("link", { name: "Wednesday 3 March, 16 times free" }).click();
  await page.getByRole("heading", { name: "Wednesday 3 March" }).waitFor();
  await page.getByRole("link", { name: "Book 05:00 to 05:30" }).click();
  await page.getByRole("heading", { name: "Your details" }).waitFor();
  // Both clocks: the customer's, and the host's.
  const summary = page.getByRole("complementary", { name: "Your booking" });
  assert.match(await summary.innerText(), /New York\)\s+05:00\s+Ada Lovelace \(London\)\s+10:00/);
}

async function bookIt(page, server, jitsi) {
  await page.getByLabel("Name").fill("Bo Berg");
  await page.getByLabel("Email").fill("bo@customers.example");
  await page.getByLabel("Note for Ada Lovelace").fill("We met <b>at the fair</b>.");
  // Two clicks, one booking.
  await page.getByRole("button", { name: "Book this time" }).dblclick();
  // The second click may cut the first one's way short, which is no failure: wait for the page, not for the way.
  await page.getByRole("heading", { name: "You’re booked, Bo Berg" }).waitFor();
  assert.match(page.url(), /\/b\/[\w-]{43}$/);
  await page.getByText("We met <b>at the fair</b>.").waitFor();
  await page.getByText("Wednesday 3 March 2027, 05:00 – 05:30").first().waitFor();
  const url = await page.locator("#room").innerText();
  const password = await page.locator("#pw").innerText();
  assert.match(url, new RegExp(`^${jitsi.base}/[a-z0-9]{26,}$`));
  assert.match(password, /^[a-z]+-[a-z]+-[a-z]+-[2-9]{5}$/);
  assert.equal(server.json("booking", "list", "--host", "ada").length, 1);
  return { path: new URL(page.url()).pathname, url, password };
}

async function comeEarly(page, { path, password }) {
  await page.getByRole("link", { name: "Go to the room" }).click();
  await page.waitForURL(`${path}/join`);
  await page.getByRole("heading", { name: "Your room opens at 04:50" }).waitFor();
  await page.getByText(password).waitFor();
  assert.equal(await page.getByRole("button", { name: "Enter the room" }).count(), 0);
}

async function enter(page, { path, url, password }, jitsi) {
  await page.goto(`${path}/join`);
  await page.getByRole("heading", { name: "Your room is open" }).waitFor();
  await page.getByText(password).waitFor();
  await page.getByRole("button", { name: "Enter the room" }).click();
  await page.waitForURL(url);
  // The way there gave nothing away.
  assert.deepEqual(jitsi.visits, [{ method: "GET", url: new URL(url).pathname, referer: undefined }]);
}

async function seeInList(page, { password }) {
  await page.goto("/app/bookings");
  await page.getByRole("link", { name: "Bo Berg", exact: true }).click();
  await page.getByRole("heading", { name: "Bo Berg is booked" }).waitFor();
  await page.getByText("10:00 – 10:30").first().waitFor();
  await page.getByText(password).waitFor();
}

async function cancel(page, { path }, script) {
  await page.goto(path);
  await page.getByRole("link", { name: "Cancel booking" }).click();
  if (script) {
    // In place, the safe button first; Escape closes and goes back to where it was.
    const dialog = page.getByRole("dialog", { name: "Cancel this booking?" });
    await dialog.waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Keep it");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel booking");
    await page.keyboard.press("Enter");
  } else {
    await page.waitForURL(`${path}/cancel`);
  }
  await page.getByLabel("Message").fill("The train is late.");
  await page.getByRole("button", { name: "Cancel booking" }).click();
  await page.waitForURL(path);
  await page.getByRole("heading", { name: "This booking is cancelled" }).waitFor();
  await page.getByText("The train is late.").waitFor();
  assert.equal(await page.locator("#pw").count(), 0, "no key any more");
  await page.goto(`${path}/join`);
  await page.getByRole("heading", { name: "This booking is cancelled" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Enter the room" }).count(), 0);
}

async function bookByHand(page, server) {
  await page.goto("/app/bookings");
  await page.getByRole("link", { name: "New booking" }).click();
  await page.getByLabel("Event type").selectOption("first-call");
  await page.getByLabel("Day").fill("2027-03-05"); // the Friday without hours
  await page.getByRole("button", { name: "Show free times" }).click();
  await page.getByRole("link", { name: "Monday 8 March" }).click();
  await page.getByRole("radio", { name: "13:30 to 14:00" }).check();
  await page.getByLabel("Name").fill("Cy Cole");
  await page.getByLabel("Email").fill("cy@customers.example");
  await page.getByLabel("The customer’s time zone").selectOption("Asia/Tokyo");
  await page.getByRole("button", { name: "Book this time" }).click();
  await page.getByRole("heading", { name: "Cy Cole is booked" }).waitFor();
  await page.getByText("22:30 – 23:00 in Tokyo").waitFor();
  const booked = server.json("booking", "list", "--host", "ada", "--status", "confirmed");
  assert.deepEqual(booked.map((each) => each.start), ["2027-03-08T13:30:00Z"]);
}
