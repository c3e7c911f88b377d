// The program under test, started and stopped as its operator would.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../../..");
const binary = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "debug/roomkey");
const cluster = process.env.ROOMKEY_TEST_POSTGRES;

/** The kinds of database that there are here. */
export const backends = cluster ? ["sqlite", "postgres"] : ["sqlite"];

/** A Monday morning in winter time, before the clocks change on 14 March (New York) and 28 March (London). */
export const MONDAY = "2027-03-01 08:00:00";

/** The host of the tests' stories. */
export const ADA = { name: "Ada Lovelace", email: "ada@hosts.example", password: "ada likes purple umbrellas" };

/** A program with its own directory, database, ports and clock. */
export class Server {
  /** Starts one whose clock begins at this UTC time; it ends with test `t`. */
  static async start(t, { clock = MONDAY, backend = "sqlite", jitsi = "https://meet.example.org" } = {}) {
    const server = new Server();
    server.dir = fs.mkdtempSync(path.join(os.tmpdir(), "roomkey-browser-"));
    server.clock = clock;
    const [pages, internal] = [await freePort(), await freePort()];
    server.base = `http://127.0.0.1:${pages}`;
    server.internal = `http://127.0.0.1:${internal}`;
    server.settings = {
      ROOMKEY_DATABASE_URL: backend === "postgres" ? server.#createDatabase() : `sqlite://${server.dir}/roomkey.db`,
      ROOMKEY_DATA_DIR: path.join(server.dir, "data"),
      ROOMKEY_LISTEN: `127.0.0.1:${pages}`,
      ROOMKEY_INTERNAL_LISTEN: `127.0.0.1:${internal}`,
      ROOMKEY_PUBLIC_URL: server.base,
      ROOMKEY_JITSI__URL: jitsi,
      ROOMKEY_LIMITS__ENABLED: "false",
    };
    t.after(() => server.#stop());
    await server.#serve();
    return server;
  }

  /** Stops it in order and starts it again with its clock at another UTC time. */
  async restartAt(clock) {
    await this.#end();
    this.clock = clock;
    await this.#serve();
  }

  /** Stops it and removes all that was its own. */
  async #stop() {
    await this.#end();
    if (this.database) psql(`DROP DATABASE ${this.database} WITH (FORCE)`);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** Runs a command and gives what it printed. */
  cli(args, input = "") {
    const done = spawnSync(binary, args, { cwd: this.dir, env: this.#environment(), input, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`roomkey ${args.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }

  /** Runs a command and reads what it printed as JSON. */
  json(...args) {
    return JSON.parse(this.cli([...args, "--json"]));
  }

  /** The token for the first account, printed alone on a line of stderr. */
  setupToken() {
    return this.stderr.match(/^\s*([\w-]{22,})\s*$/m)[1];
  }

  /** What the first match of `pattern` in the mails to `address` is; waits for that mail. */
  async inMail(address, pattern) {
    const mailbox = path.join(this.dir, "data/mailbox");
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
      const names = fs.existsSync(mailbox) ? fs.readdirSync(mailbox) : [];
      for (const name of names.filter((each) => each.endsWith(".eml"))) {
        const mail = fs.readFileSync(path.join(mailbox, name), "utf8").replace(/=\r?\n/g, "");
        const found = mail.includes(address) && mail.match(pattern);
        if (found) return found[0];
      }
    }
    throw new Error(`no mail to ${address} with ${pattern}`);
  }

  /** Bo from Berlin books by the API; gives the booking as its customer sees it. */
  async book(event, start, name = "Bo Berg", link = undefined) {
    const attendee = { name, email: "bo@customers.example", time_zone: "Europe/Berlin" };
    const answer = await fetch(`${this.base}/api/v1/bookings`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ host: "ada", event, start, link, attendee, answers: { note: "Looking forward to it." } }),
    });
    if (answer.status !== 201) throw new Error(await answer.text());
    return answer.json();
  }

  /** A program of Ada's makes a room without a booking. */
  async addRoom(key, room) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}` };
    const answer = await fetch(`${this.base}/api/v1/rooms`, { method: "POST", headers, body: JSON.stringify(room) });
    if (answer.status !== 201) throw new Error(await answer.text());
    return answer.json();
  }

  /** Jitsi opens a room, and tells who comes in for the next twenty minutes. */
  async meet(room, people) {
    const token = fs.readFileSync(path.join(this.dir, "data/reservations-token"), "utf8").trim();
    const tell = async (to, type, body) => {
      const headers = { "Content-Type": type, Authorization: `Bearer ${token}` };
      const answer = await fetch(`${this.internal}${to}`, { method: "POST", headers, body });
      if (!answer.ok) throw new Error(await answer.text());
    };
    await tell("/conference", "application/x-www-form-urlencoded", `name=${room.name}`);
    const from = Date.parse(`${this.clock.replace(" ", "T")}Z`) / 1000;
    for (const [number, name] of people.entries()) {
      const occupant = { occupant_jid: `r@c/${number}`, id: `${number}`, name, joined_at: from, left_at: from + 1200 };
      await tell("/events/occupant/left", "application/json", JSON.stringify({ room_name: room.name, occupant }));
    }
  }

  /** Ada in London, who is free on weekdays from nine to five, with her half-hour `intro`. */
  addAda() {
    const zone = ["--time-zone", "Europe/London"];
    this.cli(["user", "add", "--email", ADA.email, "--name", ADA.name, "--handle", "ada", ...zone, "--password-stdin"], `${ADA.password}\n`);
    this.cli(["schedule", "set", "--host", "ada", ...zone, "--weekly", "mon-fri 09:00-17:00"]);
    this.addEventType("intro", "Intro call", "--description", "Thirty minutes to see whether we fit.");
  }

  /** One more event type of Ada's. */
  addEventType(slug, title, ...options) {
    this.cli(["event-type", "add", "--host", "ada", "--slug", slug, "--title", title, "--duration", "30", ...options]);
  }

  /** The path of a new link to one of Ada's event types. */
  link(event, ...options) {
    const { pathname, search } = new URL(this.json("event-link", "add", "--host", "ada", "--event", event, ...options).url);
    return pathname + search;
  }

  #createDatabase() {
    this.database = `browser_${randomBytes(8).toString("hex")}`;
    psql(`CREATE DATABASE ${this.database} TEMPLATE template0`);
    return cluster.replace(/\/[^/?]*(\?|$)/, `/${this.database}$1`);
  }

  async #serve() {
    this.stderr = "";
    this.child = spawn(binary, ["serve"], { cwd: this.dir, env: this.#environment(), stdio: ["ignore", "ignore", "pipe"] });
    this.child.stderr.setEncoding("utf8").on("data", (text) => { this.stderr += text; });
    for (const end = Date.now() + 30_000; ; await sleep(25)) {
      if (this.child.exitCode !== null || Date.now() > end) throw new Error(`the server does not start: ${this.stderr}`);
      const ready = await fetch(`${this.internal}/readyz`).catch(() => undefined);
      if (ready?.ok) return;
    }
  }

  async #end() {
    const ended = new Promise((resolve) => { this.child.once("exit", resolve); });
    this.child.kill("SIGTERM");
    await ended;
  }

  #environment() {
    return {
      ...this.settings,
      PATH: process.env.PATH,
      TZ: "UTC",
      LD_PRELOAD: faketime(),
      FAKETIME: `@${this.clock}`,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }
}

function faketime() {
  const places = fs.readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`);
  return places.find((place) => fs.existsSync(place));
}

function psql(sql) {
  const done = spawnSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", cluster, "-c", sql], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${sql}: ${done.stderr}`);
}

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
