import { describe, expect, it } from 'vitest';
import { callerRequest, ProxyLab, proxyHops, type RequestOptions } from '../../../test/kit/proxy-lab.ts';
import { MessageEdit, unchanged } from '../sip/edit.ts';
import { header, headerValues, tagOf } from '../sip/read.ts';

const refusals: readonly { name: string; request: RequestOptions; status: number }[] = [
  { name: 'a scheme that no box knows', request: { uri: 'nobodyknowsthis:bob' }, status: 416 },
  { name: 'sips, which needs TLS', request: { uri: 'sips:bob@192.0.2.21' }, status: 416 },
  { name: 'Max-Forwards 0', request: { maxForwards: 0 }, status: 483 },
  { name: 'an unknown Proxy-Require', request: { headers: [['Proxy-Require', 'teleport']] }, status: 420 },
  {
    name: 'scheme and Max-Forwards wrong: the scheme comes first',
    request: { uri: 'odd:x', maxForwards: 0 },
    status: 416,
  },
  {
    name: 'Max-Forwards and Proxy-Require wrong: Max-Forwards comes first',
    request: { maxForwards: 0, headers: [['Proxy-Require', 'teleport']] },
    status: 483,
  },
];

describe('request validation (RFC 3261 §16.3)', () => {
  it.each(refusals)('refuses $name with $status', async ({ request, status }) => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest(request));
    expect(lab.caller.log).toEqual([String(status)]);
    expect(tagOf(lab.caller.responses[0]!, 'To')).not.toBe('');
    expect(lab.incoming).toHaveLength(0);
  });

  it('lists in Unsupported only what it does not know', async () => {
    const lab = await ProxyLab.start({ deps: { proxyExtensions: ['sec-agree'] } });
    await lab.call(callerRequest({ headers: [['Proxy-Require', 'sec-agree, teleport']] }));
    expect(header(lab.caller.responses[0]!, 'Unsupported')).toBe('teleport');
    await lab.call(callerRequest({ branch: 'z9hG4bKother', headers: [['Proxy-Require', 'Sec-Agree']] }));
    expect(lab.incoming).toHaveLength(1);
  });

  it('lets tel and urn through: a node knows where they go', async () => {
    const lab = await ProxyLab.start({ handler: async (_lab, incoming) => incoming.respond(404) });
    await lab.call(callerRequest({ method: 'MESSAGE', uri: 'tel:+15550001001' }));
    await lab.call(callerRequest({ method: 'MESSAGE', uri: 'urn:service:sos', branch: 'z9hG4bKsos' }));
    expect(lab.caller.log).toEqual(['404', '404']);
  });

  it('drops an ACK that it would refuse', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest({ method: 'ACK', maxForwards: 0, toTag: 'x' }));
    expect(lab.caller.log).toEqual([]);
    expect(lab.callee().log).toEqual([]);
    expect(lab.trace.notes()).toEqual(['SIP_ACK_DROPPED']);
  });

  it('answers 482 to a request that comes back as it left', async () => {
    const lab = await ProxyLab.start({
      handler: async ({ stack }, incoming) => {
        await stack.forward(incoming, [{ request: unchanged(incoming.message), to: [proxyHops[0]!] }]);
      },
    });
    await lab.call(callerRequest());
    await lab.clock.advance(20);
    expect(lab.caller.log).toEqual(['100', '482']);
    expect(lab.incoming).toHaveLength(1);
  });

  it('serves a spiral: the same request with another Route is another pass', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest({ headers: [['Route', '<sip:orig@192.0.2.10;lr>, <sip:term@192.0.2.10;lr>']] }));
    await lab.clock.advance(10);
    expect(lab.incoming.map(({ message }) => headerValues(message, 'Route').length)).toEqual([2, 1]);
    const invite = lab.callee().last('INVITE');
    expect(headerValues(invite, 'Via')).toHaveLength(3);
    lab.callee().answer(invite, 200);
    await lab.clock.advance(10);
    expect(lab.caller.log).toEqual(['100', '200']);
    // Both passes record the message between them; the trace has it once.
    expect(lab.trace.ladder().filter((line) => line.includes('INVITE'))).toHaveLength(3);
  });

  it('lets a request that only passed another proxy with the same addresses through', async () => {
    const first = await ProxyLab.start();
    await first.call(callerRequest());
    const lab = await ProxyLab.start({ deps: { random: { bytes: (length) => new Uint8Array(length).fill(9) } } });
    const passed = new MessageEdit(first.callee().last('INVITE')).set('Max-Forwards', '60', 'test').done().message;
    await lab.call(passed);
    expect(lab.incoming).toHaveLength(1);
  });
});

describe('what can not be parsed', () => {
  const garbage: readonly { name: string; text: string; answers: readonly string[] }[] = [
    { name: 'octets that are no SIP', text: '\u0000\u0001\u0002 hello', answers: [] },
    {
      name: 'a response with a broken status',
      text: 'SIP/2.0 4294967301 Big\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n\r\n',
      answers: [],
    },
    {
      name: 'a request with a method that differs from its CSeq',
      text: requestText('CSeq: 1 INVITE', 'OPTIONS'),
      answers: ['400'],
    },
    { name: 'a request of SIP/7.0', text: requestText('CSeq: 1 OPTIONS', 'OPTIONS', 'SIP/7.0'), answers: ['505'] },
    { name: 'an ACK that is broken', text: requestText('CSeq: 1 INVITE', 'ACK'), answers: [] },
    { name: 'a request without CSeq', text: requestText('X: y', 'OPTIONS'), answers: [] },
  ];

  it.each(garbage)('gets $answers: $name', async ({ text, answers }) => {
    const lab = await ProxyLab.start();
    const flow = await lab.network.node([{ transport: 'UDP', host: '192.0.2.30', port: 5060 }]).flowTo(proxyHops[0]!);
    flow.send(new TextEncoder().encode(text));
    await lab.clock.advance(5);
    const sent = lab.network.packets.filter((packet) => packet.from.host === '192.0.2.10');
    expect(sent.map((packet) => packet.text.split(' ')[1])).toEqual(answers);
    expect(lab.trace.notes()[0]).toMatch(/^SIP_PARSE_/);
    expect(lab.incoming).toHaveLength(0);
  });
});

function requestText(cseq: string, method: string, version = 'SIP/2.0'): string {
  return [
    `${method} sip:bob@192.0.2.21 ${version}`,
    'Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKbad',
    'Max-Forwards: 70',
    'From: <sip:alice@192.0.2.1>;tag=a1',
    'To: <sip:bob@192.0.2.21>',
    'Call-ID: bad',
    cseq,
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

describe('overload', () => {
  it('answers 503 with Retry-After above the limit of transactions, and forgets the ACK to it', async () => {
    const lab = await ProxyLab.start({ deps: { limits: { maxServerTransactions: 2 } } });
    for (const number of [1, 2, 3]) {
      await lab.call(callerRequest({ branch: `z9hG4bKload${number}`, callId: `load-${number}` }));
    }
    expect(lab.caller.log).toEqual(['100', '100', '503']);
    const refusal = lab.caller.responses[2]!;
    expect(header(refusal, 'Retry-After')).toBe('10');
    await lab.call(
      callerRequest({ method: 'ACK', branch: 'z9hG4bKload3', callId: 'load-3', toTag: tagOf(refusal, 'To') }),
    );
    expect(lab.incoming).toHaveLength(2);
    expect(lab.callee().log).toEqual(['INVITE', 'INVITE']);
  });
});
