// A stand-in for the site of the video server: it notes who came, and how.
import http from "node:http";

export class Jitsi {
  static async start(t) {
    const jitsi = new Jitsi();
    jitsi.visits = [];
    jitsi.server = http.createServer((request, response) => {
      jitsi.visits.push({ method: request.method, url: request.url, referer: request.headers.referer });
      response.setHeader("Content-Type", "text/html").end("<!doctype html><title>Jitsi Meet</title><link rel=icon href=data:,>");
    });
    await new Promise((resolve) => { jitsi.server.listen(0, "127.0.0.1", resolve); });
    jitsi.base = `http://127.0.0.1:${jitsi.server.address().port}`;
    t.after(() => {
      jitsi.server.close();
      jitsi.server.closeAllConnections();
    });
    return jitsi;
  }
}
