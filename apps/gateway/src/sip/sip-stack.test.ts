import { once } from 'node:events';
import { connect } from 'node:net';
import type { SipHop } from '@imslab/ims-core/ports/sip-transport';
import { createSipStack } from '@imslab/ims-core/protocols/proxy/create-sip-stack';
import { popOwnRoutes } from '@imslab/ims-core/protocols/proxy/route';
import { MessageEdit } from '@imslab/ims-core/protocols/sip/edit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RecordingTrace } from '../../../../packages/ims-core/test/kit/recording-trace.ts';
import { systemClock } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { NodeSipTransport } from './node-sip-transport.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A proxy on real sockets that pops its own Route, and answers 200 when no Route is left. */
async function startProxy() {
  const transport = new NodeSipTransport({
    box: 'S-CSCF',
    listen: [
      { transport: 'UDP', host: '127.0.0.1', port: 0 },
      { transport: 'TCP', host: '127.0.0.1', port: 0 },
    ],
  });
  const passes: number[] = [];
  const trace = new RecordingTrace();
  const stack = createSipStack({
    node: { node: 'scscf', id: '', label: 'S-CSCF' },
    transport,
    resolver: { resolve: ({ host, port = 5060, transport: name = 'UDP' }) => [{ transport: name, host, port }] },
    clock: systemClock,
    random: systemRandom,
    trace,
    isOwn: (uri) => uri.kind === 'sip' && transport.listening.some(({ port }) => port === uri.port),
    partyOf: () => ({ node: 'other', id: '', label: 'other' }),
    handler: async (incoming) => {
      const edit = new MessageEdit(incoming.message);
      passes.push(popOwnRoutes(edit, (uri) => uri.kind === 'sip').length);
      if (edit.current.headers.every(({ key }) => key !== 'route')) incoming.respond(200);
      else await stack.forward(incoming, [{ request: edit.done() }]);
    },
  });
  await stack.start();
  closers.push(() => stack.close());
  const hop = (name: SipHop['transport']) => transport.listening.find((each) => each.transport === name)!;
  return { stack, hop, passes, trace };
}

function options(headers: readonly string[]): string {
  return [
    'OPTIONS sip:scscf SIP/2.0',
    'Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKsocket',
    'Max-Forwards: 70',
    'From: <sip:a@x>;tag=1',
    'To: <sip:b@x>',
    'Call-ID: sockets',
    'CSeq: 1 OPTIONS',
    ...headers,
    '\r\n',
  ].join('\r\n');
}

async function ask(hop: SipHop, text: string) {
  const socket = connect(hop.port, hop.host);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  await once(socket, 'connect');
  closers.push(() => void socket.destroy());
  socket.write(text);
  return { socket, answer: () => answer };
}

describe('a node on real sockets', () => {
  it.each(['TCP', 'UDP'] as const)(
    'sends a request to itself over %s for the second pass of a spiral',
    async (name) => {
      const { hop, passes, trace } = await startProxy();
      const own = (user: string) => `<sip:${user}@127.0.0.1:${hop(name).port};transport=${name.toLowerCase()};lr>`;
      const { answer } = await ask(hop('TCP'), options([`Route: ${own('orig')}, ${own('term')}`, 'Content-Length: 0']));
      await vi.waitFor(() => expect(answer()).toContain('SIP/2.0 200'));
      expect(passes).toEqual([1, 1]);
      expect(answer().match(/^Via:/gim)).toHaveLength(1);
      // Four messages went by; both ends of the inner two are this node, and the trace has each once.
      expect(trace.events).toHaveLength(4);
    },
  );

  it('answers 400 to a broken length, then closes that connection', async () => {
    const { hop, passes, trace } = await startProxy();
    const { socket, answer } = await ask(hop('TCP'), options(['Content-Length: 1x']));
    await once(socket, 'close');
    expect(answer()).toMatch(/^SIP\/2\.0 400 /);
    expect(trace.notes()[0]).toBe('SIP_PARSE_CONTENT_LENGTH');
    expect(passes).toEqual([]);
  });

  it('goes on after garbage', async () => {
    const { hop, passes } = await startProxy();
    const garbage = await ask(hop('TCP'), '\u0000\u0001garbage\r\n\r\n');
    await once(garbage.socket, 'close');
    const { answer } = await ask(hop('TCP'), options(['Content-Length: 0']));
    await vi.waitFor(() => expect(answer()).toContain('SIP/2.0 200'));
    expect(passes).toEqual([0]);
  });
});
