"""A relay in front of an FTP server, for whoever wants to know what a client costs the server, whatever the client believes: how often each file
was sent or taken, and how many bytes passed.

`start` runs it in a process of its own. Of the data connections only those of EPSV are relayed, others are refused, and all of it is in the clear.
"""

import asyncio
import collections
import json
import multiprocessing
import os

FILES = ("RETR", "STOR", "APPE")
DATA = (*FILES, "MLSD", "LIST", "NLST")
ACTIVE = ("PORT", "EPRT")


class Relay:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.times, self.bytes, self.open = collections.Counter(), 0, 0
        # The loop itself keeps no task.
        self.tasks = set()

    async def control(self, reader, writer):
        try:
            up, down = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        # What uses a data connection and is not begun, in order.
        waiting = collections.deque()

        async def commands():
            while line := await reader.readline():
                verb, _, path = line.decode("utf-8", "surrogateescape").rstrip("\r\n").partition(" ")
                if verb in DATA:
                    waiting.append((verb, path))
                # Past the relay nothing would be counted. The server answers, in its turn, that it knows no such command.
                down.write(b"X" + line if verb in ACTIVE else line)
                await down.drain()

        async def replies():
            while line := await up.readline():
                if line.startswith(b"229 "):
                    line = b"229 Relayed (|||%d|)\r\n" % await self.listen(int(line.split(b"|")[3]))
                elif line[:4] in (b"125 ", b"150 ") and waiting:
                    verb, path = waiting.popleft()
                    self.times[path] += verb in FILES
                writer.write(line)
                await writer.drain()

        self.open += 1
        tasks = [asyncio.ensure_future(commands()), asyncio.ensure_future(replies())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.open -= 1
        for end in (writer, down):
            end.close()

    async def listen(self, port):
        """Relays one data connection to `port`: where it is awaited."""
        server = None

        async def data(reader, writer):
            self.tasks.add(task := asyncio.current_task())
            task.add_done_callback(self.tasks.discard)
            server.close()
            try:
                up, down = await asyncio.open_connection(self.host, port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(self.copy(reader, down), self.copy(up, writer), return_exceptions=True)
            for end in (writer, down):
                end.close()

        server = await asyncio.start_server(data, self.host, 0)
        return server.sockets[0].getsockname()[1]

    async def copy(self, source, sink):
        while piece := await source.read(1 << 16):
            self.bytes += len(piece)
            sink.write(piece)
            await sink.drain()
        sink.write_eof()

    async def run(self, pipe):
        server = await asyncio.start_server(self.control, self.host, 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.get_running_loop().run_in_executor(None, pipe.recv) == "passed":
            # That a client was killed is known when its connections have ended.
            while self.open:
                await asyncio.sleep(0.01)
            pipe.send(json.dumps([self.times, self.bytes]))
            self.times, self.bytes = collections.Counter(), 0


def serve(host, port, pipe):
    asyncio.get_event_loop_policy().new_event_loop().run_until_complete(Relay(host, port).run(pipe))
    # Connections that nobody ends any more end with it.
    os._exit(0)


def start(host, port):
    """Where it listens, and a function that asks it for what has `passed` since it was asked last (how often each file was begun, and
    how many bytes passed in all), or to `end`."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(host, port, theirs), daemon=True)
    process.start()

    def ask(what):
        ours.send(what)
        return process.join() if what == "end" else json.loads(ours.recv())

    return ours.recv(), ask
