/* The one script. Optional: every page works without it.
   It may only (1) save a page load, (2) fill in what the browser knows better than
   the server (time zone, clipboard), (3) add keyboard shortcuts to the month grid.
   Loaded with <script src defer>; no inline code, no eval, no innerHTML from strings. */
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (s, el = document) => el.querySelector(s);
  const $$ = (s, el = document) => [...el.querySelectorAll(s)];
  root.classList.add("js");

  /* One polite live region for the whole page. */
  const live = document.createElement("div");
  live.className = "vh"; live.setAttribute("role", "status");
  document.body.append(live);
  const say = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 60); };

  /* ── Theme: the server renders data-theme from a cookie, so there is no flash. ── */
  document.addEventListener("submit", (e) => {
    const form = e.target.closest("form.theme");
    if (!form || !e.submitter) return;
    e.preventDefault();
    const theme = e.submitter.value;
    root.dataset.theme = theme;
    document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
    $(`[value="${theme === "dark" ? "light" : "dark"}"]`, form)?.focus();
    say(theme === "dark" ? "Dark theme" : "Light theme");
  });

  /* ── Copy buttons ── */
  document.addEventListener("click", async (e) => {
    const btn = e.target.closest("[data-copy]");
    if (!btn) return;
    const src = document.getElementById(btn.dataset.copy);
    const text = (src?.textContent ?? "").trim();
    try { await navigator.clipboard.writeText(text); }
    catch { const r = document.createRange(); r.selectNodeContents(src); const s = getSelection(); s.removeAllRanges(); s.addRange(r); say("Selected. Press Control C to copy."); return; }
    btn.dataset.done = ""; say(`${btn.dataset.what ?? "Text"} copied`);
    setTimeout(() => { delete btn.dataset.done; }, 2400);
  });

  /* ── Month grid: roving focus + arrow keys on top of plain links ── */
  const upgradeGrid = (table, focusDate) => {
    if (!table) return;
    table.setAttribute("role", "grid");
    const days = $$("[data-date]", table);
    days.forEach((d) => {
      d.tabIndex = -1;
      const on = d.getAttribute("aria-current") === "true";
      d.closest("td").setAttribute("aria-selected", String(on));
    });
    const home = days.find((d) => d.dataset.date === focusDate)
      ?? days.find((d) => d.getAttribute("aria-current") === "true")
      ?? days.find((d) => d.matches("a")) ?? days[0];
    if (home) { home.tabIndex = 0; if (focusDate) home.focus(); }
  };
  const shift = (iso, n) => { const d = new Date(`${iso}T12:00Z`); d.setUTCDate(d.getUTCDate() + n); return d.toISOString().slice(0, 10); };

  document.addEventListener("keydown", (e) => {
    const cell = e.target.closest?.("table[data-cal] [data-date]");
    if (!cell || e.altKey || e.ctrlKey || e.metaKey) return;
    const table = cell.closest("table"), rtl = getComputedStyle(table).direction === "rtl";
    const days = $$("[data-date]", table), row = $$("[data-date]", cell.closest("tr"));
    const step = { ArrowLeft: rtl ? 1 : -1, ArrowRight: rtl ? -1 : 1, ArrowUp: -7, ArrowDown: 7 }[e.key];
    let to;
    if (step) {
      const want = shift(cell.dataset.date, step);
      to = days.find((d) => d.dataset.date === want);
      if (!to) { e.preventDefault(); return go(step > 0 ? "next" : "prev", want); }
    } else if (e.key === "Home") to = row[0];
    else if (e.key === "End") to = row.at(-1);
    else if (e.key === "PageDown" || e.key === "PageUp") { e.preventDefault(); return go(e.key === "PageDown" ? "next" : "prev", "keep"); }
    else if (e.key === " " && cell.matches("a")) { e.preventDefault(); return cell.click(); }
    if (!to) return;
    e.preventDefault();
    days.forEach((d) => { d.tabIndex = -1; });
    to.tabIndex = 0; to.focus();
  });

  /* ── Booker: follow its own links without a page load ── */
  const booker = $("[data-booker]");
  const load = async (url, { push = true, focus } = {}) => {
    booker.dataset.loading = ""; booker.setAttribute("aria-busy", "true");
    try {
      const res = await fetch(url, { credentials: "same-origin" });
      if (!res.ok) throw new Error(String(res.status));
      const next = new DOMParser().parseFromString(await res.text(), "text/html").querySelector("[data-booker]");
      if (!next) throw new Error("no booker in the answer");
      booker.replaceChildren(...next.childNodes);
      if (push) history.pushState({ booker: 1 }, "", url);
      upgradeGrid($("table[data-cal]", booker), focus?.date);
      if (focus?.sel) ($(focus.sel, booker) ?? $("#month-h", booker))?.focus();
      say($("[data-announce]", booker)?.dataset.announce ?? "");
    } catch { location.assign(url); }            // any doubt: let the browser do it
    finally { delete booker.dataset.loading; booker.removeAttribute("aria-busy"); }
  };
  const go = (dir, want) => {
    const a = $(`a[data-nav="${dir}"]`, booker ?? document);
    if (!a) return say(dir === "next" ? "No later months can be booked" : "No earlier months");
    load(a.href, { focus: { date: want === "keep" ? undefined : want, sel: want === "keep" ? "table[data-cal] [tabindex='0']" : undefined } });
  };
  if (booker) {
    document.addEventListener("click", (e) => {
      if (e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
      const a = e.target.closest("a[data-nav], a[data-date], a[data-hour]");
      if (!a || !booker.contains(a)) return;
      e.preventDefault();
      const sel = a.dataset.nav ? `[data-nav="${a.dataset.nav}"]` : a.dataset.date ? "#times-h" : `[data-hour="${a.dataset.hour}"]`;
      load(a.href, { focus: { sel } });
    });
    addEventListener("popstate", () => load(location.href, { push: false }));
  }
  document.addEventListener("keydown", (e) => {     // Esc in the times: back to the chosen day
    if (e.key === "Escape" && e.target.closest?.("#times")) $('[data-date][aria-current="true"]')?.focus();
  });
  upgradeGrid($("table[data-cal]"));

  /* ── Time zone: submit on change; use the device's zone once if none was chosen ── */
  document.addEventListener("change", (e) => { if (e.target.closest("form[data-tz]")) e.target.form.requestSubmit(); });
  const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zoneForm = $("form[data-tz]");
  if (booker && device && zoneForm && !zoneForm.hasAttribute("data-chosen") && $("select", zoneForm).value !== device) {
    const u = new URL(location.href);
    u.searchParams.set("tz", device);
    history.replaceState(null, "", u.href);
    load(u.href, { push: false });
  }
  const own = $("select[data-own-zone]");            // set-up: the device's zone is the best guess
  if (own && device && own.value !== device) {       // with its time, like the zones that the server suggests
    const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format();
    const place = device.split("/").pop().replaceAll("_", " ");
    $("optgroup", own).prepend(new Option(`${place} – ${time} now`, device, false, true));
  }

  /* ── Waiting page: when the time comes, show the new state in place and say so ── */
  const swapMain = async () => {
    try {
      const res = await fetch(location.href, { credentials: "same-origin" });
      const main = new DOMParser().parseFromString(await res.text(), "text/html").querySelector("main");
      if (!res.ok || !main) return;
      $("main").replaceChildren(...main.childNodes);
      say($("main h1")?.textContent ?? "");
    } catch { /* the "Check again" link is still there */ }
  };

  /* ── Countdown: progressive detail, never announced ── */
  const rel = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "auto" });
  const tick = () => $$("time[data-countdown]").forEach((t) => {
    const s = (Date.parse(t.dateTime) - Date.now()) / 1000, a = Math.abs(s);
    if (!Number.isFinite(s)) return;
    const [v, u] = a < 90 ? [s / 1, "second"] : a < 5400 ? [s / 60, "minute"] : a < 129600 ? [s / 3600, "hour"] : [s / 86400, "day"];
    t.textContent = rel.format(Math.round(v), u);
    if (s <= 0 && t.dataset.swap !== undefined) { delete t.dataset.swap; swapMain(); }
  });
  if ($("time[data-countdown]")) { tick(); setInterval(tick, 15000); }

  /* ── Dialogs: a link to a full page becomes a <dialog> when one is present ── */
  document.addEventListener("click", (e) => {
    const a = e.target.closest("[data-dialog]"); if (!a) return;
    const d = document.getElementById(a.dataset.dialog);
    if (d?.showModal) { e.preventDefault(); d.showModal(); }
  });

  /* ── Hold: the time is kept while its form is filled in, and let go by a link that leads away; it lapses by itself ── */
  const kept = $("form[data-hold]");
  if (kept?.elements.slot?.value) {
    const { slot, duration, link, hold } = kept.elements;
    const body = (more) => new URLSearchParams({ slot: slot.value, duration: duration?.value ?? "", link: link?.value ?? "", hold: hold.value, ...more });
    const keep = () => {
      // Without it the form works all the same.
      if (document.hidden) return;
      fetch(kept.dataset.hold, { method: "POST", body: body({}) })
        .then((reply) => { if (!reply.ok) clearInterval(timer); })
        .catch(() => {});
    };
    const release = () => navigator.sendBeacon(kept.dataset.hold, body({ release: "1" }));
    // A place on this page (the skip link, an error in the summary), another tab and a mail program lead nowhere.
    const leads = (a) => !a.target && a.protocol.startsWith("http")
      && !(a.hash && a.pathname === location.pathname && a.search === location.search);
    // Not when the page goes away: of a reload, that could arrive after the new page's own.
    document.addEventListener("click", (e) => {
      const a = e.target.closest("a[href]");
      if (!a || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || !leads(a)) return;
      release();
    });
    // A browser that keeps no cookies is not known again by the page that it loads next.
    if (!navigator.cookieEnabled) addEventListener("beforeunload", release);
    // One that was opened in a tab behind others is kept once it is looked at.
    document.addEventListener("visibilitychange", keep);
    const timer = setInterval(keep, 120_000);
    keep();
  }

  /* ── Error summary: focus it ── */
  const summary = $("[data-summary]");
  if (summary) { summary.tabIndex = -1; summary.focus(); }

  /* ── Busy: a submitted form says so; double posts are stopped by the key in the form ── */
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || e.target.method !== "post") return;
    e.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => $$("[aria-busy='true'].btn").forEach((b) => b.removeAttribute("aria-busy")));

  /* ── Repeatable rows (weekly hours): clone a <template>, else the form posts ── */
  const markDirty = (form) => { const p = form && $("[data-dirty]", form); if (p) p.hidden = false; };
  document.addEventListener("click", (e) => {
    const add = e.target.closest("button[data-add]"), del = e.target.closest("button[data-remove]");
    if (add) {
      const box = document.getElementById(add.dataset.add), tpl = document.getElementById("range");
      if (!box || !tpl) return;
      e.preventDefault();
      const row = tpl.content.cloneNode(true), n = box.children.length + 1;
      $$("[data-n]", row).forEach((el) => {
        el.setAttribute("aria-label", el.getAttribute("aria-label").replace("{n}", n).replace("{day}", add.dataset.label));
        if (el.dataset.end) el.name = `${add.value}_${el.dataset.end}`;
      });
      const first = row.querySelector("input"); box.append(row); first?.focus();
    } else if (del) {
      e.preventDefault();
      const row = del.closest("[data-row]"), day = row.closest("fieldset"); row.remove();
      $("input, button[data-add]", day)?.focus();
      say("Removed");
    } else return;
    markDirty(e.target.closest("form"));
  });

  /* ── Unsaved changes ── */
  document.addEventListener("input", (e) => markDirty(e.target.closest("form[data-guard]")));
})();
