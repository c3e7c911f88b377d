"""A real Prosody with Jitsi's own plugins, on loopback ports of its own.

It is set up as an operator would: what a Jitsi server has anyway, which includes a file with what `roomkey jitsi config`
printed, its two lists of modules filled up as its comments say.
"""

import asyncio
import collections
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

# Where `roomkey jitsi config` says that what is there already stays.
KEEP = re.compile(r"-- and what stands here already\n")
HOST_MODULES = '"roster"; "saslauth"; "websocket"; "features_identity";'
MUC_MODULES = '"muc_hide_all"; "muc_meeting_id"; "muc_domain_mapper";'
COMPONENT_SECRET = "a secret between Prosody and its components"

CONFIGURATION = """
run_as_root = true
daemonize = false
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
plugin_paths = {{ "{plugins}" }}
log = {{ {{ to = "file"; filename = "{directory}/prosody.log"; levels = {{ min = "info" }} }} }}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
component_interfaces = {{ "127.0.0.1" }}
http_interfaces = {{ "127.0.0.1" }}
https_interfaces = {{ }}
c2s_ports = {{ {clients} }}
c2s_direct_tls_ports = {{ }}
legacy_ssl_ports = {{ }}
s2s_ports = {{ }}
http_ports = {{ {web} }}
https_ports = {{ }}
component_ports = {{ {components} }}
c2s_require_encryption = false
http_default_host = "{domain}"
consider_websocket_secure = true
cross_domain_websocket = true
allow_unencrypted_plain_auth = true
storage = "internal"
modules_disabled = {{ "s2s"; "offline"; "admin_shell" }}
modules_enabled = {{ {host_modules} }}
muc_mapper_domain_base = "{domain}"
admins = {{ "focus@auth.{domain}" }}
component_admins_as_room_owners = true

VirtualHost "{domain}"
{authentication}    breakout_rooms_muc = "breakout.{domain}"

Component "conference.{domain}" "muc"
    storage = "memory"
    muc_room_locking = false
    muc_room_default_public_jids = true
    muc_tombstones = false

Component "lobby.{domain}" "muc"
    storage = "memory"
    restrict_room_creation = true
    muc_room_locking = false
    muc_room_default_public_jids = true
    muc_tombstones = false

Component "breakout.{domain}" "muc"
    storage = "memory"
    restrict_room_creation = true

Component "focus.{domain}"
    component_secret = "{secret}"

Component "auth.{domain}"
    component_secret = "{secret}"

Include "{ours}"
"""


Ports = collections.namedtuple("Ports", "clients components web")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Prosody:
    """One Prosody process in a directory of its own."""

    def __init__(self, directory, plugins, ours):
        self.directory = pathlib.Path(directory)
        self.domain = re.search(r'^VirtualHost "([^"]+)"', ours, re.MULTILINE).group(1)
        self.ports = Ports(*free_ports(3))
        self.components = self.ports.components
        takes_tokens = 'authentication = "token"' in ours
        # Where nothing asks about rooms, only the rooms' component has a list.
        modules = iter([HOST_MODULES, MUC_MODULES] if len(KEEP.findall(ours)) == 2 else [MUC_MODULES])
        included = self.directory / "roomkey.cfg.lua"
        text = CONFIGURATION.format(
            directory=directory,
            plugins=plugins,
            domain=self.domain,
            clients=self.ports.clients,
            components=self.ports.components,
            web=self.ports.web,
            host_modules=HOST_MODULES,
            authentication="" if takes_tokens else '    authentication = "jitsi-anonymous"\n',
            secret=COMPONENT_SECRET,
            ours=included,
        )
        (self.directory / "data").mkdir(parents=True)
        self.configuration = self.directory / "prosody.cfg.lua"
        self.configuration.write_text(text, encoding="utf-8")
        included.write_text(KEEP.sub(lambda _: next(modules) + "\n", ours), encoding="utf-8")

    async def start(self):
        environment = dict(os.environ)
        # Debian has basexx and inspect, pure Lua both, for older Lua only: look there last.
        older = "/usr/share/lua/5.3/?.lua;/usr/share/lua/5.2/?.lua"
        environment["LUA_PATH"] = f";;;{older}"
        with open(self.directory / "prosody.out", "wb") as out:
            self.process = subprocess.Popen(
                [shutil.which("prosody") or "prosody", "--config", str(self.configuration), "-F"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment,
            )
        end = time.monotonic() + 30
        while not all(self.listens(port) for port in self.ports):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Prosody does not listen:\n{self.log()}")
            await asyncio.sleep(0.1)
        return self

    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def log(self):
        files = [self.directory / name for name in ("prosody.out", "prosody.log")]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
