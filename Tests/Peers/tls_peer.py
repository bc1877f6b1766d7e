#!/usr/bin/env python3
"""One end of a TLS connection on loopback, so that something that reads plain bytes can stand between two TLS peers.

    tls_peer.py --listen PORT --to PORT --certificate FILE --key FILE     takes TLS, forwards plainly
    tls_peer.py --listen PORT --to PORT --ca FILE                         takes plain bytes, forwards over TLS

When either side ends a connection, the other side is ended too. Prints "ready PORT" once it listens; ends on SIGTERM.
"""
import argparse
import asyncio
import signal
import ssl


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    args = parser.parse_args()
    taking = giving = None
    if args.certificate:
        taking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        taking.load_cert_chain(args.certificate, args.key)
    if args.ca:
        giving = ssl.create_default_context(cafile=args.ca)

    async def connected(reader, writer):
        try:
            name = "127.0.0.1" if giving else None
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", args.to, ssl=giving, server_hostname=name)
        except (OSError, ssl.SSLError):
            writer.close()
            return
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", args.listen, ssl=taking)
    print(f"ready {args.listen}", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with server:
        await ended.wait()


asyncio.run(main())
