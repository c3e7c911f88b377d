// Debian's Chromium, and visitors in it whose every complaint is kept.
import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const OPTIONS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Starts the browser. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: OPTIONS });
}

/** A visitor with cookies of their own, until the end of test `t`. `options` are Playwright's. */
export async function visitor(t, browser, server, options = {}) {
  const context = await browser.newContext({
    baseURL: server.base,
    locale: "en-GB",
    timezoneId: "Europe/London",
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(10_000);
  const complaints = [];
  context.on("weberror", (error) => complaints.push(`error: ${error.error()}`));
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()} ${reason}`); // as when one clicks on
  });
  // Also what the content security policy blocked. A refused form is no fault; what else is missing, the answer says.
  context.on("console", (message) => {
    if (!/^Failed to load resource: .* status of 4/.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  context.on("response", (response) => {
    const refusable = response.request().resourceType() === "document" ? 500 : 400;
    if (response.status() >= refusable) complaints.push(`${response.status()}: ${response.url()}`);
  });
  t.after(() => context.close());
  return { context, page: await context.newPage(), complaints };
}

/** Checks that the browser had nothing to complain about so far. */
export function content({ complaints }) {
  assert.deepEqual(complaints, []);
}
