// Every page in its states: accessible by axe's rules, in both themes, on a desk and in a hand, and narrow without
// scrolling sideways. Pictures of all of them land in tests/artifacts/.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import axe from "axe-core";

import { content, launch, visitor } from "./lib/browser.js";
import { ADA, Server } from "./lib/server.js";

const RULES = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"] };
/** A theme changes colours and nothing else. */
const COLOUR_RULES = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));

let browser;
before(async () => {
  browser = await launch();
  fs.mkdirSync(ARTIFACTS, { recursive: true });
});
after(() => browser.close());

test("every page", async (t) => {
  const pages = await prepare(t);
  for (const width of [1280, 390]) {
    for (const colorScheme of ["light", "dark"]) {
      const rules = colorScheme === "light" ? RULES : COLOUR_RULES;
      const look = async (page, name) => {
        await page.screenshot({ path: path.join(ARTIFACTS, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        return violations(page, rules);
      };
      const name = `${width} wide, ${colorScheme}`;
      await t.test(name, { timeout: 150_000 }, (t) => each(t, pages, { width, colorScheme }, look));
    }
  }
  for (const script of [true, false]) {
    const name = `320 wide ${script ? "with" : "without"} script`;
    await t.test(name, { timeout: 150_000 }, (t) => each(t, pages, { width: 320, script }, overflow));
  }
});

/** What goes beyond the sides of the window: the page itself, or words that are cut off there. */
function overflow(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide`] : [];
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const { textContent, parentElement } = words.currentNode;
      if (parentElement.closest(".vh") || !parentElement.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(words.currentNode);
      const { left, right } = range.getBoundingClientRect();
      if (left < 0 || right > root.clientWidth) found.push(`cut off: ${textContent}`);
    }
    return found;
  });
}

/** What axe finds against these rules. */
async function violations(page, rules) {
  await page.evaluate(axe.source);
  return page.evaluate(async (rules) => {
    const { violations } = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  }, rules);
}

/** Opens each page and collects what `look` finds fault with. */
async function each(t, pages, { width, colorScheme = "light", script = true }, look) {
  const options = { viewport: { width, height: 844 }, colorScheme, javaScriptEnabled: script };
  const visits = new Map();
  const found = {};
  for (const { name, server, as, to, then } of pages) {
    // Only a countdown looks at the clock, and axe is slower with a false one.
    const clock = name === "join-early" ? `${server.clock.replace(" ", "T")}Z` : "";
    const key = `${server.base} ${as} ${clock}`;
    if (!visits.has(key)) {
      const visit = await visitor(t, browser, server, options);
      if (clock) await visit.page.clock.install({ time: clock });
      // Many look at the form of one time, one after the other.
      await visit.page.route("**/hold", (route) => route.fulfill({ status: 204 }));
      if (as === "host") await signIn(visit.page);
      visits.set(key, visit);
    }
    const { page } = visits.get(key);
    await page.goto(to);
    if (script || !then?.script) await then?.act(page);
    const faults = await look(page, name);
    if (faults.length > 0) found[name] = faults;
  }
  assert.deepEqual(found, {});
  for (const visit of visits.values()) content(visit);
}

async function signIn(page) {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("/app/bookings");
}

/** Two servers, one of them new, the other with bookings in every state; and the pages that they have. */
async function prepare(t) {
  const fresh = await Server.start(t);
  const server = await Server.start(t);
  server.addAda();
  server.addEventType("board", "Quarterly review of the association’s finances", "--description",
    "The whole board.\nBring the figures.", "--early", "1440", "--lobby", "--max-occupants", "8");
  const long = "Maximiliane-Alexandra von Hohenstein-Reichenbach zu Tannenfels";
  const over = await server.book("intro", "2027-03-01T09:00:00Z");
  await server.book("intro", "2027-03-04T11:00:00Z", long);
  await server.book("intro", "2027-03-04T14:30:00Z", "Cy Cole");
  const early = await server.book("intro", "2027-03-08T10:00:00Z");
  const cancelled = await server.book("intro", "2027-03-09T10:00:00Z");
  server.cli(["booking", "cancel", cancelled.id, "--reason", "The train is late."]);
  server.addEventType("advice", "Advice for members", "--link-only");
  const program = server.json("api-key", "add", "--host", "ada", "--name", "The website of the association’s members", "--scope", "rooms:write").key;
  const rooms = {
    over: await server.addRoom(program, { start: "2027-03-01T08:00:00Z", end: "2027-03-01T09:30:00Z", label: "Breakfast" }),
    open: await server.addRoom(program, { start: "2027-03-03T07:50:00Z", end: "2027-03-03T10:00:00Z", label: "Stand-up", blocks: true }),
    long: await server.addRoom(program, { start: "2027-03-04T16:00:00Z", end: "2027-03-05T08:00:00Z", label: `Night watch of ${long}` }),
    closed: await server.addRoom(program, { start: "2027-03-05T16:00:00Z", end: "2027-03-05T17:00:00Z" }),
  };
  server.cli(["room", "revoke", rooms.closed.id]);
  await server.meet(rooms.over, ["Ada Lovelace", long]);
  // Nobody can book it: whoever wants to joins the waiting list.
  server.addEventType("full", "A talk about the garden", "--window-days", "0", "--min-notice", "2880", "--waiting-list", "30");
  const link = (...options) => server.link("board", ...options);
  const usedUp = link("--name", "For one booking", "--uses", "1");
  link("--name", "Last year’s members", "--expires", "2027-03-02");
  link("--name", "Members", "--expires", "2027-12-31");
  link("--name", long, "--uses", "3", "--prefill-name", long, "--prefill-email", "maximiliane.alexandra@customers.example");
  await server.restartAt("2027-03-03 08:00:00");
  await server.meet(rooms.open, ["Ada Lovelace"]);
  const open = await server.book("board", "2027-03-03T10:00:00Z", long);
  await server.book("board", "2027-03-05T10:00:00Z", long, new URL(usedUp, server.base).searchParams.get("link"));
  const hosts = new URL(server.json("booking", "show", open.id).links.page).pathname;
  server.cli(["booking", "no-show", over.id]);
  server.cli(["booking", "note", over.id, "Promised to call back.\nWants the large one."]);
  const hostsOver = new URL(server.json("booking", "show", over.id).links.page).pathname;
  const at = (booking, rest = "") => new URL(booking.links.page).pathname + rest;

  const signedOut = await visitor(t, browser, server);
  await signedOut.page.goto("/forgot-password");
  await signedOut.page.getByLabel("Email").fill(ADA.email);
  await signedOut.page.getByRole("button", { name: "Send link" }).click();
  const reset = new URL(await server.inMail(ADA.email, /http\S+\/reset-password\/[\w-]+/)).pathname;

  const waits = await visitor(t, browser, server);
  await waits.page.goto("/ada/full/waiting-list?date=2027-03-03");
  await waits.page.getByLabel("Name").fill(long);
  await waits.page.getByLabel("Email").fill("waits@customers.example");
  await waits.page.getByRole("button", { name: "Join the waiting list" }).click();
  const waiting = new URL(await server.inMail("waits@customers.example", /http\S+\/w\/[\w-]+/)).pathname;

  const submit = (button) => ({
    async act(page) {
      await page.getByRole("button", { name: button }).click();
      await page.getByRole("heading", { name: "There is a problem" }).waitFor();
    },
  });
  const anyone = [
    ["setup", "/setup", undefined, fresh],
    ["setup-refused", "/setup", submit("Create account"), fresh],
    ["sign-in", "/sign-in"],
    ["sign-in-refused", "/sign-in", submit("Sign in")],
    ["forgot-password", "/forgot-password"],
    ["forgot-password-sent", "/forgot-password", {
      async act(page) {
        await page.getByLabel("Email").fill("nobody@hosts.example");
        await page.getByRole("button", { name: "Send link" }).click();
        await page.getByRole("heading", { name: "Look in your inbox" }).waitFor();
      },
    }],
    ["reset-password", reset],
    ["not-found", "/nobody/nothing"],
    ["profile", "/ada"],
    ["booking", "/ada/intro?date=2027-03-08&tz=Europe/Berlin"],
    ["booking-12h", "/ada/intro?date=2027-03-08&tz=America/New_York&h=12"],
    ["booking-no-times", "/ada/intro?date=2027-03-07&tz=Europe/Berlin"],
    ["booking-waiting-list", "/ada/full"],
    ["waiting-list", "/ada/full/waiting-list?date=2027-03-03&tz=Europe/Berlin"],
    ["waiting-list-refused", "/ada/full/waiting-list", submit("Join the waiting list")],
    ["waiting-list-joined", "/ada/full/waiting-list?done=on"],
    ["waiting", waiting],
    ["booking-gone", "/ada/intro?slot=2027-03-08T10:00:00Z&tz=Europe/Berlin"],
    ["details", "/ada/intro?slot=2027-03-08T11:00:00Z&tz=America/New_York"],
    ["link-used-up", usedUp],
    ["details-refused", "/ada/intro?slot=2027-03-08T11:00:00Z&tz=America/New_York", submit("Book this time")],
    ["booked", at(early)],
    ["booked-dialog", at(early), {
      script: true,
      act: (page) => page.getByRole("link", { name: "Cancel booking" }).click(),
    }],
    ["booked-over", at(over)],
    ["booked-cancelled", at(cancelled)],
    ["booked-cancelled-again", at(cancelled), {
      script: true,
      async act(page) {
        // As from a second window in which it still stood.
        await page.evaluate(() => {
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action: `${location.pathname}/cancel` });
          document.body.append(form);
          form.submit();
        });
        await page.getByRole("alert").filter({ hasText: "had already cancelled" }).waitFor();
      },
    }],
    ["booked-host", hosts],
    ["booked-host-over", hostsOver],
    ["cancel", at(early, "/cancel")],
    ["join-early", at(early, "/join")],
    ["join-open", at(open, "/join")],
    ["join-over", at(over, "/join")],
    ["join-cancelled", at(cancelled, "/join")],
  ];
  const host = [
    ["app-bookings", "/app/bookings"],
    ["app-bookings-past", "/app/bookings?show=past"],
    ["app-bookings-cancelled", "/app/bookings?show=cancelled"],
    ["app-waiting", "/app/waiting"],
    ["app-bookings-day", "/app/bookings/day?date=2027-03-04"],
    ["app-bookings-day-free", "/app/bookings/day?date=2027-03-11"],
    ["app-bookings-day-refused", "/app/bookings/day?date=2027-03-01"],
    ["app-bookings-new", "/app/bookings/new?event=intro&date=2027-03-08"],
    ["app-bookings-new-closed", "/app/bookings/new?event=intro&date=2027-03-07"],
    ["app-bookings-new-refused", "/app/bookings/new?event=intro&date=2027-03-08", submit("Book this time")],
    ["app-settings", "/app/settings"],
    ["app-rooms", "/app/rooms", {
      async act(page) {
        await page.locator("summary").filter({ hasText: "Close for good: Stand-up" }).click();
        await page.getByRole("button", { name: /^Close room/ }).waitFor();
      },
    }],
    ["app-rooms-past", "/app/rooms?show=past"],
    ["app-rooms-none", "/app/rooms?show=past&after=0.01a229f1-2800-79eb-a3d0-a17a5b999b52"],
    ["app-event-types", "/app/event-types"],
    ["app-event-type", "/app/event-types/board"],
    ["app-event-type-link-refused", "/app/event-types/board", submit("Make link")],
    ["app-event-type-refused", "/app/event-types/new", submit("Save event type")],
    ["app-availability", "/app/availability"],
    ["app-availability-refused", "/app/availability", {
      async act(page) {
        await page.getByLabel("Monday, hours 1, to").fill("25:00");
        await submit("Save hours").act(page);
      },
    }],
  ];
  const as = (who) => ([name, to, then, on = server]) => ({ name, server: on, as: who, to, then });
  return [...anyone.map(as("anyone")), ...host.map(as("host"))];
}
