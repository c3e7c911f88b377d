// The booking page: the month by keyboard, time zones and clocks, a time that is taken meanwhile.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { content, launch, visitor } from "./lib/browser.js";
import { Server } from "./lib/server.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** The date whose cell has the focus, or the id of what has it instead. */
const focused = (page) => page.evaluate(() => document.activeElement.dataset.date ?? document.activeElement.id);

test("the month grid is one tab stop that the arrows walk through", async (t) => {
  const server = await Server.start(t);
  server.addAda();
  const visit = await visitor(t, browser, server);
  const { page } = visit;
  await page.goto("/ada/intro?date=2027-03-03");
  await page.getByRole("grid", { name: "March 2027" }).waitFor();
  assert.equal(await page.locator("[data-cal] [tabindex='0']").count(), 1);
  await page.getByRole("link", { name: "Next month, April 2027" }).focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "2027-03-03", "the chosen day");

  const walk = [
    ["ArrowRight", "2027-03-04"],
    ["ArrowDown", "2027-03-11"],
    ["Home", "2027-03-08"],
    ["End", "2027-03-14"], // a Sunday, without times but not out of reach
    ["ArrowUp", "2027-03-07"],
    ["ArrowLeft", "2027-03-06"],
    ["ArrowUp", "2027-03-06"], // there is no month before
  ];
  for (const [key, date] of walk) {
    await page.keyboard.press(key);
    assert.equal(await focused(page), date, key);
  }
  await page.keyboard.press("End");
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  await page.keyboard.press("ArrowDown"); // from 28 March into April
  await page.getByRole("grid", { name: "April 2027" }).waitFor();
  assert.equal(await focused(page), "2027-04-04");
  await page.keyboard.press("PageUp");
  await page.getByRole("grid", { name: "March 2027" }).waitFor();
  await page.getByRole("status").filter({ hasText: "March 2027" }).waitFor();
  assert.match(await focused(page), /^2027-03-/, "still in the grid");

  // Enter chooses the day and goes to its times; Escape comes back to it.
  const day = await focused(page);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`date=${day}`));
  await page.waitForFunction(() => document.activeElement.id === "times-h");
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), day);
  await page.goBack();
  await page.getByRole("grid", { name: "March 2027" }).waitFor();
  content(visit);
});

test("the device says the time zone, unless the visitor did", async (t) => {
  const server = await Server.start(t);
  server.addAda();
  const tokyo = { timezoneId: "Asia/Tokyo" };
  const visit = await visitor(t, browser, server, tokyo);
  const { page } = visit;
  await page.goto("/ada/intro?date=2027-03-03");
  await page.getByText("Tokyo time").waitFor();
  await page.getByRole("link", { name: "Book 18:00 to 18:30" }).waitFor(); // nine in London
  await page.getByRole("link", { name: "12h" }).click();
  await page.getByRole("link", { name: /Book 6:00.*pm to 6:30.*pm/i }).waitFor();
  // A choice submits itself, and stays when the next page is opened.
  await page.getByLabel("Time zone").selectOption("America/New_York");
  await page.getByText("New York time").waitFor();
  await page.reload();
  await page.getByText("New York time").waitFor();
  await page.getByRole("link", { name: "Next month, April 2027" }).click();
  await page.getByRole("heading", { name: "April 2027" }).waitFor();
  await page.getByText("New York time").waitFor();
  content(visit);

  const plain = await visitor(t, browser, server, { ...tokyo, javaScriptEnabled: false });
  await plain.page.goto("/ada/intro?date=2027-03-03");
  await plain.page.getByText("London time").waitFor();
  await plain.page.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await plain.page.getByRole("button", { name: "Change" }).click();
  await plain.page.getByRole("link", { name: "Book 18:00 to 18:30" }).waitFor();
  assert.equal(await plain.page.getByLabel("Time zone").inputValue(), "Asia/Tokyo");
  content(plain);
});

for (const script of [true, false]) {
  test(`a time that is taken meanwhile keeps the answers, ${script ? "with" : "without"} script`, async (t) => {
    const server = await Server.start(t);
    server.addAda();
    const visit = await visitor(t, browser, server, { javaScriptEnabled: script, viewport: { width: 390, height: 844 } });
    const { page } = visit;
    // As if the time had not been kept, or no longer.
    await page.route("**/hold", (route) => route.fulfill({ status: 204 }));
    await page.goto("/ada/intro?slot=2027-03-03T10:00:00Z");
    await page.getByLabel("Name").fill("Cy Cole");
    await page.getByLabel("Email").fill("cy@customers.example");
    await page.getByLabel("Note for Ada Lovelace").fill("Two\nlines");
    await server.book("intro", "2027-03-03T10:00:00Z");
    await page.getByRole("button", { name: "Book this time" }).click();

    const problem = page.getByRole("group", { name: "There is a problem" });
    await problem.waitFor();
    if (script) assert.match(await page.evaluate(() => document.activeElement.textContent), /There is a problem/);
    assert.equal(await page.getByLabel("Name").inputValue(), "Cy Cole");
    assert.equal(await page.getByLabel("Email").inputValue(), "cy@customers.example");
    assert.equal(await page.getByLabel("Note for Ada Lovelace").inputValue(), "Two\nlines");
    await page.getByRole("radio").first().check();
    await page.getByRole("button", { name: "Book this time" }).click();
    await page.getByRole("heading", { name: "You’re booked, Cy Cole" }).waitFor();
    content(visit);
  });
}

test("the waiting page opens by itself when the time comes", async (t) => {
  const server = await Server.start(t);
  server.addAda();
  const booking = await server.book("intro", "2027-03-03T10:00:00Z");
  await server.restartAt("2027-03-03 09:49:00");
  const visit = await visitor(t, browser, server);
  const { page } = visit;
  // A clock that stands: however long the page takes, it is loaded at that second.
  await page.clock.install({ time: "2027-03-03T09:49:00Z" });
  await page.clock.pauseAt("2027-03-03T09:49:10Z");
  // The icon is the last thing that a browser fetches, in its own time: the server may stop after it.
  const icon = page.waitForResponse(/\/static\/mark\./);
  await page.goto(new URL(booking.links.join).pathname);
  await page.getByRole("heading", { name: "Your room opens at" }).waitFor();
  await icon;
  await page.getByText("in 50 seconds").waitFor();
  await server.restartAt("2027-03-03 09:50:01");
  await page.clock.fastForward(60_000);
  await page.clock.resume();
  await page.getByRole("heading", { name: "Your room is open" }).waitFor();
  await page.getByRole("status").filter({ hasText: "Your room is open" }).waitFor();
  await page.getByRole("button", { name: "Enter the room" }).waitFor();
  content(visit);
});

for (const script of [true, false]) {
  test(`the theme is changed and kept ${script ? "with" : "without"} script`, async (t) => {
    const server = await Server.start(t);
    server.addAda();
    const visit = await visitor(t, browser, server, { javaScriptEnabled: script, colorScheme: "light" });
    const { page } = visit;
    const dark = page.locator("html[data-theme=dark]");
    await page.goto("/ada/intro?date=2027-03-03&tz=Europe/London");
    await page.getByRole("button", { name: "Use dark theme" }).click();
    await dark.waitFor();
    assert.match(page.url(), /date=2027-03-03/, "it is still the same page");
    await page.goto("/sign-in");
    await dark.waitFor();
    await page.getByRole("button", { name: "Use light theme" }).click();
    await page.locator("html[data-theme=light]").waitFor();
    content(visit);
  });
}

test("the time is kept while the form is filled in, for this visitor alone", async (t) => {
  const server = await Server.start(t);
  server.addAda();
  const visit = await visitor(t, browser, server);
  const { page } = visit;
  const kept = page.waitForResponse((reply) => reply.url().endsWith("/ada/intro/hold"));
  await page.goto("/ada/intro?slot=2027-03-08T10:00:00Z");
  assert.equal((await kept).status(), 204);
  await page.reload();
  await page.getByLabel("Name").waitFor();
  const other = await visitor(t, browser, server);
  await other.page.goto("/ada/intro?slot=2027-03-08T10:00:00Z");
  await other.page.getByText("is no longer free").waitFor();
  // A link to a place on the page leads nowhere.
  const releases = [];
  page.on("request", (request) => request.postData()?.includes("release=1") && releases.push(request.url()));
  await page.getByRole("button", { name: "Book this time" }).click();
  await page.getByRole("link", { name: "Enter a name" }).click();
  await page.waitForURL("**#*");
  await other.page.reload();
  await other.page.getByText("is no longer free").waitFor();
  assert.deepEqual(releases, []);
  // Who goes back to the month lets go of the time.
  const released = page.waitForRequest((request) => request.postData()?.includes("release=1"));
  await page.getByRole("link", { name: "Change time" }).click();
  await released;
  await page.getByRole("grid").waitFor();
  // The browser sends it in its own time.
  for (let tries = 0; tries < 50 && !(await other.page.getByLabel("Name").isVisible()); tries++) {
    await other.page.goto("/ada/intro?slot=2027-03-08T10:00:00Z");
  }
  await other.page.getByLabel("Name").waitFor();
  content(visit);
});

test("a time that takes a link is kept, too", async (t) => {
  const server = await Server.start(t);
  server.addAda();
  server.addEventType("secret", "Secret talk", "--link-only");
  const visit = await visitor(t, browser, server);
  const { page } = visit;
  await page.goto(server.link("secret", "--uses", "1"));
  await page.getByRole("link", { name: "Next month, April 2027" }).click();
  await page.getByRole("heading", { name: "April 2027" }).waitFor();
  const kept = page.waitForResponse((reply) => reply.url().endsWith("/ada/secret/hold"));
  await page.getByRole("link", { name: "Book 09:00" }).click();
  assert.equal((await kept).status(), 204);
  await page.getByLabel("Name").fill("Bo Berg");
  await page.getByLabel("Email").fill("bo@customers.example");
  await page.getByRole("button", { name: "Book this time" }).click();
  await page.waitForURL("**/b/*");
  content(visit);
});
