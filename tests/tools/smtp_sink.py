"""An SMTP server that keeps each mail it acknowledges as DIR/NNNNNN.eml, whole or not at all.

Usage: smtp_sink.py DIR   (prints its port on 127.0.0.1, then serves until it is killed)
"""

import asyncio
import itertools
import os
import sys

from aiosmtpd.smtp import SMTP

spool = sys.argv[1]
numbers = itertools.count(1)


class Keep:
    async def handle_DATA(self, server, session, envelope):
        name = os.path.join(spool, f"{next(numbers):06}")
        with open(name + ".part", "wb") as file:
            file.write(envelope.original_content)
        os.rename(name + ".part", name + ".eml")
        return "250 kept"


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep(), enable_SMTPUTF8=True), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
