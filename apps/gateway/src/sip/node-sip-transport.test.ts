import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { SipFlow, SipHop } from '@imslab/ims-core/ports/sip-transport';
import { MAX_MESSAGE_OCTETS } from '@imslab/ims-core/protocols/sip/parse';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { NodeSipTransport, type NodeSipTransportOptions } from './node-sip-transport.ts';
import { MAX_QUEUED_OCTETS } from './socket-flow.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Received {
  readonly flow: SipFlow;
  readonly text: string;
}

async function start(options: Partial<NodeSipTransportOptions> = {}) {
  const transport = new NodeSipTransport({
    box: 'P-CSCF',
    listen: [
      { transport: 'UDP', host: '127.0.0.1', port: 0 },
      { transport: 'TCP', host: '127.0.0.1', port: 0 },
    ],
    ...options,
  });
  const received: Received[] = [];
  await transport.start({ message: (flow, bytes) => received.push({ flow, text: new TextDecoder().decode(bytes) }) });
  closers.push(() => transport.close());
  const hop = (name: 'UDP' | 'TCP'): SipHop => transport.listening.find(({ transport: each }) => each === name)!;
  return { transport, received, hop };
}

/** A plain TCP client. */
async function dial(hop: SipHop) {
  const socket = connect(hop.port, hop.host);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  closers.push(() => socket.destroy());
  return { socket, text: () => text };
}

const message = (callId: string, body = '') =>
  [
    'OPTIONS sip:pcscf SIP/2.0',
    'Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1',
    'From: <sip:a@x>;tag=1',
    'To: <sip:b@x>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');

const bytes = (text: string) => new TextEncoder().encode(text);

describe('listening', () => {
  it('takes free ports and tells which', async () => {
    const { transport } = await start();
    expect(transport.listening.map((hop) => hop.transport)).toEqual(['UDP', 'TCP']);
    for (const hop of transport.listening) expect(hop.port).toBeGreaterThan(0);
  });

  it.each(['UDP', 'TCP'] as const)(
    'names box and address when its %s port is taken, and opens nothing',
    async (name) => {
      const first = await start();
      const taken = first.hop(name);
      const second = new NodeSipTransport({ box: 'S-CSCF', listen: [taken] });
      await expect(second.start({ message: () => {} })).rejects.toMatchObject({
        name: 'SipTransportError',
        code: 'SIP_PORT_IN_USE',
        hop: taken,
        message: expect.stringContaining(`S-CSCF wants ${name} 127.0.0.1:${taken.port}`),
      });
    },
  );

  it('reports an address that is not of this machine', async () => {
    const transport = new NodeSipTransport({
      box: 'S-CSCF',
      listen: [{ transport: 'TCP', host: '192.0.2.1', port: 0 }],
    });
    await expect(transport.start({ message: () => {} })).rejects.toMatchObject({ code: 'SIP_LISTEN_FAILED' });
  });

  it('frees its ports when it closes', async () => {
    const first = await start();
    const listen = [first.hop('UDP'), first.hop('TCP')];
    await first.transport.close();
    const second = await start({ listen });
    expect(second.transport.listening).toEqual(listen);
  });
});

describe('UDP', () => {
  it('carries one message in one datagram, both ways on one flow', async () => {
    const a = await start();
    const b = await start();
    const flow = await a.transport.flowTo(b.hop('UDP'));
    expect(flow.reliable).toBe(false);
    expect(flow.send(bytes(message('u1')))).toBe(true);
    await vi.waitFor(() => expect(b.received).toHaveLength(1));
    expect(b.received[0]!.flow.remote).toEqual(a.hop('UDP'));
    b.received[0]!.flow.send(bytes('back'));
    await vi.waitFor(() => expect(a.received.map(({ text }) => text)).toEqual(['back']));
    expect(a.received[0]!.flow).toBe(flow);
    expect(a.transport.flowById(flow.id)).toBe(flow);
  });

  it('refuses what no datagram can carry, and survives garbage and a peer that is not there', async () => {
    const { transport, received, hop } = await start();
    const nobody = await transport.flowTo({ transport: 'UDP', host: '127.0.0.1', port: 9 });
    expect(nobody.send(new Uint8Array(65_508))).toBe(false);
    expect(nobody.send(bytes('to nobody'))).toBe(true);
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    socket.send(Uint8Array.of(0, 255, 13, 10), hop('UDP').port, '127.0.0.1');
    await vi.waitFor(() => expect(received).toHaveLength(1));
  });

  it('answers a CRLFCRLF ping with CRLF and hands no keep-alive on', async () => {
    const { received, hop } = await start();
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    socket.send('\r\n\r\n', hop('UDP').port, '127.0.0.1');
    const [pong] = await once(socket, 'message');
    expect(String(pong)).toBe('\r\n');
    expect(received).toEqual([]);
  });

  it('hands no STUN keep-alive on, but what comes after it', async () => {
    const { received, hop } = await start();
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    const bindingRequest = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
    const other = Buffer.from(bindingRequest).fill(0xff, 4, 8);
    for (const datagram of [bindingRequest, other, Buffer.from(message('after'))]) {
      socket.send(datagram, hop('UDP').port, '127.0.0.1');
    }
    await vi.waitFor(() => expect(received).toHaveLength(2));
    expect(received[1]?.text).toBe(message('after'));
  });
});

describe('TCP', () => {
  it('frames messages whatever the chunks', async () => {
    const { received, hop } = await start();
    const { socket } = await dial(hop('TCP'));
    const texts = [message('one'), message('two', 'body\r\n\r\nbody'), message('three')];
    const stream = texts.join('');
    const cuts = fc.sample(fc.uniqueArray(fc.nat(stream.length), { minLength: 5, maxLength: 15 }), 1)[0]!;
    const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
    for (let index = 1; index < edges.length; index += 1) {
      socket.write(stream.slice(edges[index - 1], edges[index]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(received).toHaveLength(3));
    expect(received.map(({ text }) => text)).toEqual(texts);
  });

  it('takes several messages of one segment, in order', async () => {
    const { received, hop } = await start();
    const { socket } = await dial(hop('TCP'));
    socket.write(message('one') + message('two'));
    await vi.waitFor(() =>
      expect(received.map(({ text }) => /Call-ID: (\S+)/.exec(text)?.[1])).toEqual(['one', 'two']),
    );
  });

  it('answers a CRLFCRLF ping with CRLF', async () => {
    const { hop, received } = await start();
    const { socket, text } = await dial(hop('TCP'));
    socket.write('\r\n\r\n');
    await vi.waitFor(() => expect(text()).toBe('\r\n'));
    expect(received).toEqual([]);
  });

  it('hands the head of a message with a broken length on, to be answered, and closes that connection only', async () => {
    const { received, hop } = await start();
    const healthy = await dial(hop('TCP'));
    const broken = await dial(hop('TCP'));
    broken.socket.write(message('bad').replace('Content-Length: 0', 'Content-Length: -7'));
    await once(broken.socket, 'close');
    expect(received).toHaveLength(1);
    expect(received[0]!.flow.closed).toBe(true);
    healthy.socket.write(message('good'));
    await vi.waitFor(() => expect(received).toHaveLength(2));
  });

  it('lets an answer to a broken message out before it closes', async () => {
    const transport = new NodeSipTransport({ box: 'x', listen: [{ transport: 'TCP', host: '127.0.0.1', port: 0 }] });
    await transport.start({ message: (flow) => flow.send(bytes('SIP/2.0 400 Bad\r\n\r\n')) });
    closers.push(() => transport.close());
    const { socket, text } = await dial(transport.listening[0]!);
    socket.write(message('bad').replace('Content-Length: 0', 'Content-Length: x'));
    await once(socket, 'close');
    expect(text()).toContain('400');
  });

  it('closes a connection that floods it with a head without end', async () => {
    const { received, hop } = await start();
    const { socket } = await dial(hop('TCP'));
    socket.write('OPTIONS sip:x SIP/2.0\r\n');
    socket.write('X: '.padEnd(MAX_MESSAGE_OCTETS + 10, 'x'));
    await once(socket, 'close');
    expect(received).toEqual([]);
  });

  it('forgets half a message when the peer leaves', async () => {
    const { received, hop } = await start();
    const { socket } = await dial(hop('TCP'));
    socket.end(message('half').slice(0, 60));
    await once(socket, 'close');
    expect(received).toEqual([]);
  });

  it('uses one connection to a hop for all, answers on it, and opens a new one when it is gone', async () => {
    const a = await start();
    const b = await start();
    const [first, second] = await Promise.all([a.transport.flowTo(b.hop('TCP')), a.transport.flowTo(b.hop('TCP'))]);
    expect(second).toBe(first);
    first.send(bytes(message('t1')));
    await vi.waitFor(() => expect(b.received).toHaveLength(1));
    const back = b.received[0]!.flow;
    expect(back.remote).toEqual(first.local);
    back.send(bytes(message('t2')));
    await vi.waitFor(() => expect(a.received).toHaveLength(1));
    const lost = vi.fn();
    first.onClose(lost);
    back.close();
    await vi.waitFor(() => expect(first.closed).toBe(true));
    expect(lost).toHaveBeenCalledOnce();
    expect(first.send(bytes('x'))).toBe(false);
    expect(a.transport.flowById(first.id)).toBeUndefined();
    const third = await a.transport.flowTo(b.hop('TCP'));
    expect(third.id).not.toBe(first.id);
    expect(third.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses to queue without end for a peer that does not read', async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      socket.pause();
      socket.on('error', () => {});
      sockets.push(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { transport } = await start();
    const { port } = server.address() as AddressInfo;
    const flow = await transport.flowTo({ transport: 'TCP', host: '127.0.0.1', port });
    const chunk = new Uint8Array(65_536);
    let sent = 0;
    while (flow.send(chunk) && sent < 1_000) sent += 1;
    // What the kernel took counts too; it takes a few megabytes at most.
    expect(sent).toBeGreaterThanOrEqual(MAX_QUEUED_OCTETS / chunk.length);
    expect(sent).toBeLessThan(500);
    expect(flow.closed).toBe(false);
  });

  it('reports a refused connection, and that it has all the connections it may have', async () => {
    const { transport, hop } = await start();
    const gone = await start();
    const dead = gone.hop('TCP');
    await gone.transport.close();
    await expect(transport.flowTo(dead)).rejects.toMatchObject({
      name: 'SipTransportError',
      code: 'SIP_CONNECT_REFUSED',
      hop: dead,
    });
    await expect(
      start({ tcp: { maxConnections: 0 } }).then((full) => full.transport.flowTo(hop('TCP'))),
    ).rejects.toMatchObject({ code: 'SIP_TOO_MANY_CONNECTIONS' });
  });

  it('turns away whoever comes above the limit', async () => {
    const { hop } = await start({ tcp: { maxConnections: 1 } });
    const first = await dial(hop('TCP'));
    const second = await dial(hop('TCP'));
    await once(second.socket, 'close');
    expect(first.socket.destroyed).toBe(false);
  });

  it('closes a connection on which nothing is said', async () => {
    const { hop } = await start({ tcp: { firstMessageMs: 40 } });
    const { socket } = await dial(hop('TCP'));
    await once(socket, 'close');
  });

  it('keeps a quiet connection that once brought a message', async () => {
    const { hop, received } = await start({ tcp: { firstMessageMs: 300 } });
    const { socket } = await dial(hop('TCP'));
    socket.write(message('alive'));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(received[0]!.flow.closed).toBe(false);
  });
});

describe('WebSocket (RFC 7118)', () => {
  async function webSocketServer(options: Partial<NodeSipTransportOptions> = {}) {
    const lab = await start(options);
    const http: Server = createServer();
    const upgrades = new WebSocketServer({ server: http, maxPayload: 4 * MAX_MESSAGE_OCTETS });
    const flows: SipFlow[] = [];
    upgrades.on('connection', (socket, request) => {
      const { localPort, remotePort } = request.socket;
      flows.push(
        lab.transport.acceptWebSocket(socket, {
          local: { host: '127.0.0.1', port: localPort ?? 0 },
          remote: { host: '127.0.0.1', port: remotePort ?? 0 },
          secure: false,
        }),
      );
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    closers.push(() => {
      upgrades.close();
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as AddressInfo;
    const browser = async (settings: { autoPong?: boolean } = {}) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'sip', settings);
      socket.on('error', () => {});
      const got: { text: string; isBinary: boolean }[] = [];
      socket.on('message', (data, isBinary) => got.push({ text: String(data), isBinary }));
      await once(socket, 'open');
      closers.push(() => socket.terminate());
      return { socket, got };
    };
    return { ...lab, flows, browser };
  }

  it('carries one message in one WebSocket message and answers in kind', async () => {
    const { browser, received, flows, transport } = await webSocketServer();
    const { socket, got } = await browser();
    socket.send(message('text'));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    const { flow } = received[0]!;
    expect(flow).toBe(flows[0]);
    expect(flow).toMatchObject({ transport: 'WS', reliable: true, closed: false });
    expect(transport.flowById(flow.id)).toBe(flow);
    flow.send(bytes('text back'));
    socket.send(bytes(message('binary')));
    await vi.waitFor(() => expect(received).toHaveLength(2));
    flow.send(bytes('binary back'));
    await vi.waitFor(() => expect(got).toHaveLength(2));
    expect(got).toEqual([
      { text: 'text back', isBinary: false },
      { text: 'binary back', isBinary: true },
    ]);
  });

  it('sends octets that are no UTF-8 in a binary frame, for a text frame would end the connection', async () => {
    const { browser, flows } = await webSocketServer();
    const { got } = await browser();
    flows[0]!.send(Uint8Array.of(0x41, 0xff, 0xfe));
    await vi.waitFor(() => expect(got).toHaveLength(1));
    expect(got[0]?.isBinary).toBe(true);
  });

  it('answers CRLFCRLF with CRLF and takes CRLF as a pong', async () => {
    const { browser, received } = await webSocketServer();
    const { socket, got } = await browser();
    socket.send('\r\n');
    socket.send('\r\n\r\n');
    await vi.waitFor(() => expect(got).toEqual([{ text: '\r\n', isBinary: false }]));
    expect(received).toEqual([]);
  });

  it('closes with 1009 on a message over the limit', async () => {
    const { browser, received, flows } = await webSocketServer();
    const { socket } = await browser();
    socket.send('x'.repeat(MAX_MESSAGE_OCTETS + 1));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
    expect(flows[0]!.closed).toBe(true);
    expect(received).toEqual([]);
  });

  it('closes the flow of a peer that misses one pong, and keeps the one that answers', async () => {
    const { browser, flows } = await webSocketServer({ webSocket: { pingIntervalMs: 200 } });
    await browser();
    const mute = await browser({ autoPong: false });
    const lost = vi.fn();
    flows[1]!.onClose(lost);
    await once(mute.socket, 'close');
    expect(lost).toHaveBeenCalledOnce();
    expect(flows[1]!.closed).toBe(true);
    expect(flows[0]!.closed).toBe(false);
  });

  it('tells at once when the browser goes', async () => {
    const { browser, flows } = await webSocketServer();
    const { socket } = await browser();
    socket.terminate();
    await vi.waitFor(() => expect(flows[0]!.closed).toBe(true));
    expect(flows[0]!.send(bytes('x'))).toBe(false);
  });

  it('can not be opened from here', async () => {
    const { transport } = await webSocketServer();
    await expect(transport.flowTo({ transport: 'WS', host: '127.0.0.1', port: 9 })).rejects.toMatchObject({
      code: 'SIP_NO_LISTENER',
    });
  });

  it('says 1001 to its browsers when the box closes, and waits no longer than the grace for one that is stuck', async () => {
    const { browser, transport } = await webSocketServer({ webSocket: { closeGraceMs: 50 } });
    const polite = await browser();
    const stuck = await browser();
    stuck.socket.pause();
    const closed = once(polite.socket, 'close');
    await transport.close();
    expect((await closed)[0]).toBe(1001);
  });
});
