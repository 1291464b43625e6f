import { describe, expect, it } from 'vitest';
import { calleeHop, callerRequest, ProxyLab } from '../../../test/kit/proxy-lab.ts';
import { request } from '../sip/build.ts';
import { unchanged } from '../sip/edit.ts';
import { header, headerValues, topVia } from '../sip/read.ts';

const T1_MS = 500;

describe('forwarding (RFC 3261 §16.6)', () => {
  it('carries an INVITE with its own Via on top and one hop fewer, and the answers back without it', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    expect(header(invite, 'Max-Forwards')).toBe('69');
    expect(headerValues(invite, 'Via')).toHaveLength(2);
    expect(topVia(invite)).toMatchObject({ transport: 'UDP', host: '192.0.2.10', port: 5060 });
    expect(headerValues(invite, 'Via')[1]).toBe('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKcall1');
    lab.callee().answer(invite, 180);
    await lab.clock.advance(2);
    lab.callee().answer(invite, 200);
    await lab.clock.advance(2);
    expect(lab.caller.log).toEqual(['100', '180', '200']);
    expect(headerValues(lab.caller.responses[2]!, 'Via')).toHaveLength(1);
    expect(lab.outcomes).toHaveLength(1);
    expect(lab.trace.ladder()).toEqual([
      '1 INVITE Caller to Proxy',
      '2 100 Proxy to Caller',
      '3 INVITE Proxy to Callee 1',
      '4 180 Callee 1 to Proxy',
      '5 180 Proxy to Caller',
      '6 200 Callee 1 to Proxy',
      '7 200 Proxy to Caller',
    ]);
    expect(lab.trace.events.map((event) => event.cause)).toEqual([null, 1, 1, null, 4, null, 6]);
  });

  it('starts at 70 when the request came without Max-Forwards', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest({ maxForwards: null }));
    expect(header(lab.callee().last('INVITE'), 'Max-Forwards')).toBe('70');
  });

  it('sends to the topmost Route and leaves the Request-URI alone', async () => {
    const lab = await ProxyLab.start({ callees: 2 });
    await lab.call(callerRequest({ headers: [['Route', '<sip:192.0.2.10;lr>, <sip:192.0.2.22;lr>']] }));
    const invite = lab.callee(2).last('INVITE');
    expect(invite.uri).toBe('sip:bob@192.0.2.21');
    expect(headerValues(invite, 'Route')).toEqual(['<sip:192.0.2.22;lr>']);
  });

  it('writes the request for a strict router as it wants it, and undoes what one upstream did', async () => {
    const lab = await ProxyLab.start({ callees: 2 });
    await lab.call(
      callerRequest({
        uri: 'sip:192.0.2.10;lr',
        headers: [['Route', '<sip:192.0.2.22>, <sip:bob@192.0.2.21>']],
      }),
    );
    const invite = lab.callee(2).last('INVITE');
    expect(invite.uri).toBe('sip:192.0.2.22');
    expect(headerValues(invite, 'Route')).toEqual(['<sip:bob@192.0.2.21>']);
  });

  it('carries header values on to the next hop as they were spelled', async () => {
    const lab = await ProxyLab.start();
    await lab.call(
      callerRequest({
        headers: [
          ['X-Odd', 'a ,b;  c="d,e"'],
          ['s', 'compact'],
        ],
      }),
    );
    const invite = lab.callee().last('INVITE');
    expect(header(invite, 'X-Odd')).toBe('a ,b;  c="d,e"');
    expect(invite.headers.find((field) => field.key === 'subject')?.name).toBe('s');
  });

  it('tries the next address when the first one refuses the connection (RFC 3263 §4.3)', async () => {
    const deaf = { transport: 'TCP', host: '192.0.2.99', port: 5060 } as const;
    const lab = await ProxyLab.start({
      handler: async ({ stack }, incoming) => {
        await stack.forward(incoming, [{ request: unchanged(incoming.message), to: [deaf, calleeHop(1, 'TCP')] }]);
      },
    });
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    expect(topVia(invite)?.transport).toBe('TCP');
    expect(lab.trace.notes()).toEqual(['SIP_NO_CONNECTION']);
  });

  it('answers 500 when no address takes the request: its own 503 is not for the caller', async () => {
    const lab = await ProxyLab.start({
      handler: async ({ stack }, incoming) => {
        await stack.forward(incoming, [
          { request: unchanged(incoming.message), to: [{ transport: 'TCP', host: '192.0.2.99', port: 5060 }] },
        ]);
      },
    });
    await lab.call(callerRequest());
    expect(lab.caller.log).toEqual(['100', '500']);
  });

  it('answers as the procedure says when a hop can not be reached', async () => {
    const lab = await ProxyLab.start({
      handler: async ({ stack }, incoming) => {
        const outcome = await stack.forward(incoming, [{ request: unchanged(incoming.message), to: [] }], {
          onFailure: (kind) => ({ status: kind === 'transport' ? 504 : 408 }),
        });
        expect(outcome.final.status).toBe(504);
      },
    });
    await lab.call(callerRequest());
    expect(lab.caller.log).toEqual(['100', '504']);
  });

  it('answers 500 when the procedure fails, and tells why only to the trace', async () => {
    const lab = await ProxyLab.start({ handler: () => Promise.reject(new Error('the database is away')) });
    await lab.call(callerRequest({ method: 'MESSAGE' }));
    expect(lab.caller.log).toEqual(['500']);
    expect(lab.trace.notes()).toEqual(['SIP_HANDLER_FAILED']);
    expect(JSON.stringify(lab.caller.received)).not.toContain('database');
  });
});

describe('retransmissions over UDP (RFC 3261 §17)', () => {
  it('repeats an INVITE at T1, 2*T1, 4*T1 ... until timer B, then answers 408', async () => {
    const lab = await ProxyLab.start();
    const sentAt: number[] = [];
    const start = lab.clock.now();
    lab.callee().onMessage = () => sentAt.push(lab.clock.now() - start - 2);
    await lab.call(callerRequest());
    await lab.clock.advance(64 * T1_MS + 10);
    expect(sentAt).toEqual([0, 500, 1500, 3500, 7500, 15500, 31500]);
    expect(lab.caller.log).toEqual(['100', '408']);
    expect(lab.trace.notes()).toEqual(['SIP_TIMEOUT']);
    expect(lab.trace.events.filter((event) => event.kind === 'sip' && event.sip.retransmission)).toHaveLength(6);
  });

  it('repeats another request at T1, doubling to T2, and lets timer F pass in silence (RFC 4320)', async () => {
    const lab = await ProxyLab.start();
    const sentAt: number[] = [];
    const start = lab.clock.now();
    lab.callee().onMessage = () => sentAt.push(lab.clock.now() - start - 2);
    await lab.call(callerRequest({ method: 'MESSAGE' }));
    await lab.clock.advance(64 * T1_MS + 10);
    expect(sentAt).toEqual([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    expect(lab.caller.log).toEqual([]);
    expect(lab.outcomes[0]?.final.status).toBe(408);
    expect(lab.stack.counts()).toEqual({ serverTransactions: 0, clientTransactions: 0 });
  });

  it('does not repeat anything over TCP', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest({ uri: 'sip:bob@192.0.2.21;transport=tcp' }));
    await lab.clock.advance(20_000);
    expect(lab.callee().log).toEqual(['INVITE']);
  });

  it('answers a repeated INVITE with the latest provisional response and does not forward it again', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    lab.callee().answer(lab.callee().last('INVITE'), 180);
    await lab.clock.advance(2);
    await lab.call(callerRequest());
    expect(lab.caller.log).toEqual(['100', '180', '180']);
    expect(lab.callee().log).toEqual(['INVITE']);
  });

  it('repeats the refusal of an INVITE until its ACK comes, which stays at this hop', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    lab.callee().answer(lab.callee().last('INVITE'), 486);
    await lab.clock.advance(2);
    expect(lab.callee().log).toEqual(['INVITE', 'ACK']);
    expect(header(lab.callee().last('ACK'), 'To')).toContain('tag=peer');
    await lab.clock.advance(3 * T1_MS);
    expect(lab.caller.log).toEqual(['100', '486', '486', '486']);
    await lab.call(callerRequest({ method: 'ACK', toTag: 'peer' }));
    await lab.clock.advance(20_000);
    expect(lab.caller.log).toHaveLength(4);
    expect(lab.callee().log).toEqual(['INVITE', 'ACK']);
    await lab.clock.advance(40_000);
    expect(lab.stack.counts()).toEqual({ serverTransactions: 0, clientTransactions: 0 });
  });

  it('gives the refusal up when its ACK never comes (timer H)', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    lab.callee().answer(lab.callee().last('INVITE'), 486);
    await lab.clock.advance(64 * T1_MS + 10);
    expect(lab.trace.notes()).toEqual(['SIP_NO_ACK']);
    expect(lab.stack.counts().serverTransactions).toBe(0);
  });

  it('reaches the callee although the network loses the first packets', async () => {
    const lab = await ProxyLab.start();
    let lost = 0;
    lab.network.interfere((packet) => {
      if (packet.to.host !== calleeHop(1).host || lost === 2) return 'deliver';
      lost += 1;
      return 'drop';
    });
    await lab.call(callerRequest());
    await lab.clock.advance(4 * T1_MS);
    expect(lab.callee().log).toEqual(['INVITE']);
  });

  it('takes a doubled datagram for one request', async () => {
    const lab = await ProxyLab.start();
    lab.network.interfere(() => 'duplicate');
    await lab.call(callerRequest({ method: 'MESSAGE' }));
    expect(lab.incoming).toHaveLength(1);
  });
});

describe('2xx and ACK (RFC 6026, RFC 3261 §16.7 step 5 and §16.11)', () => {
  it('passes a repeated 2xx each time, and the rules of the node run once', async () => {
    let runs = 0;
    const lab = await ProxyLab.start({
      forwardOptions: {
        onResponse: (response) => {
          runs += 1;
          return unchanged(response);
        },
      },
    });
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    lab.callee().answer(invite, 200);
    await lab.clock.advance(2);
    lab.callee().answer(invite, 200);
    await lab.clock.advance(T1_MS);
    expect(lab.caller.log).toEqual(['100', '200', '200']);
    expect(runs).toBe(1);
  });

  it('passes a 2xx of a second callee that comes late', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    lab.callee().answer(invite, 200, { toTag: 'first' });
    await lab.clock.advance(30_000);
    lab.callee().answer(invite, 200, { toTag: 'second' });
    await lab.clock.advance(10);
    expect(lab.caller.responses.map((each) => header(each, 'To'))).toEqual([
      '<sip:bob@192.0.2.21>',
      '<sip:bob@192.0.2.21>;tag=first',
      '<sip:bob@192.0.2.21>;tag=second',
    ]);
  });

  it('forgets the transaction after 64*T1: a later 2xx goes nowhere', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    lab.callee().answer(invite, 200);
    await lab.clock.advance(64 * T1_MS + 10);
    expect(lab.stack.counts()).toEqual({ serverTransactions: 0, clientTransactions: 0 });
    lab.callee().answer(invite, 200);
    await lab.clock.advance(10);
    expect(lab.caller.log).toEqual(['100', '200']);
    expect(lab.trace.notes()).toEqual(['SIP_STRAY_RESPONSE']);
  });

  it('forwards the ACK of a 2xx statelessly, a repeated one on the same branch', async () => {
    const lab = await ProxyLab.start();
    const ack = callerRequest({ method: 'ACK', branch: 'z9hG4bKack', toTag: 'peer' });
    await lab.call(ack);
    await lab.call(ack);
    const [first, second] = lab.callee().requests;
    expect(lab.callee().log).toEqual(['ACK', 'ACK']);
    expect(header(second!, 'Via')).toBe(header(first!, 'Via'));
    expect(lab.stack.counts()).toEqual({ serverTransactions: 0, clientTransactions: 0 });
    expect(lab.caller.log).toEqual([]);
  });

  it('never answers an ACK, whatever the procedure does with it', async () => {
    const lab = await ProxyLab.start({ handler: async (_lab, incoming) => incoming.respond(403) });
    await lab.call(callerRequest({ method: 'ACK', branch: 'z9hG4bKack', toTag: 'peer' }));
    expect(lab.caller.log).toEqual([]);
    expect(lab.trace.notes()).toEqual(['SIP_ACK_NOT_ANSWERED']);
  });
});

describe('connections (RFC 3261 §18.2.2)', () => {
  it('answers on a new connection when the one of the request is gone', async () => {
    const lab = await ProxyLab.start({ transport: 'TCP' });
    const flow = await lab.call(callerRequest({ transport: 'TCP' }));
    lab.network.cut(flow);
    lab.callee().answer(lab.callee().last('INVITE'), 486);
    await lab.clock.advance(5);
    expect(lab.caller.log).toEqual(['100', '486']);
  });

  it('ends a request at once when the WebSocket of its target closes', async () => {
    const webSocket = { transport: 'WS', host: '192.0.2.10', port: 8080 } as const;
    const lab = await ProxyLab.start();
    const edge = lab.network.node([webSocket], '192.0.2.10');
    let phone: Parameters<typeof lab.network.cut>[0] | undefined;
    await edge.start({
      message: (flow) => {
        phone = flow;
      },
    });
    const browser = await lab.network.node([], '192.0.2.77').flowTo(webSocket);
    browser.send(new TextEncoder().encode('hello'));
    await lab.clock.advance(2);
    const answered = lab.stack.request(
      { request: unchanged(callerRequest({ method: 'MESSAGE' })), to: phone! },
      { cause: null },
    );
    await lab.clock.advance(2);
    browser.close();
    await lab.clock.advance(2);
    expect((await answered).status).toBe(503);
    expect(lab.stack.counts().clientTransactions).toBe(0);
  });

  it('sends a response over UDP to the port of the Via unless the client asks for rport', async () => {
    const lab = await ProxyLab.start({ handler: async (_lab, incoming) => incoming.respond(404) });
    const via = (params: string) => `SIP/2.0/UDP 192.0.2.1:5099;branch=z9hG4bKport${params}`;
    const withVia = (params: string) =>
      request('MESSAGE', 'sip:bob@192.0.2.21', [
        ['Via', via(params)],
        ['From', '<sip:alice@192.0.2.1>;tag=a1'],
        ['To', '<sip:bob@192.0.2.21>'],
        ['Call-ID', 'ports'],
        ['CSeq', '1 MESSAGE'],
      ]);
    await lab.call(withVia(''));
    await lab.call(withVia('2;rport'));
    const answers = lab.network.packets.filter((packet) => packet.text.startsWith('SIP/2.0 404'));
    expect(answers.map((packet) => packet.to.port)).toEqual([5099, 5060]);
    expect(answers[1]?.text).toContain('rport=5060;received=192.0.2.1');
  });
});

describe('requests of the node itself', () => {
  it('resolve with the final response, and the response is the cause of what follows', async () => {
    const lab = await ProxyLab.start();
    const cause = { cause: null as number | null };
    const answered = lab.stack.request({ request: unchanged(callerRequest({ method: 'BYE' })) }, cause);
    await lab.clock.advance(2);
    lab.callee().answer(lab.callee().last('BYE'), 200);
    await lab.clock.advance(2);
    expect((await answered).status).toBe(200);
    expect(lab.trace.get(cause.cause!)).toMatchObject({ kind: 'sip', sip: { status: 200, method: 'BYE' } });
  });

  it('resolve with 408 when nobody answers and with 503 when the node closes', async () => {
    const lab = await ProxyLab.start();
    const silent = lab.stack.request({ request: unchanged(callerRequest({ method: 'BYE' })) }, { cause: null });
    await lab.clock.advance(64 * T1_MS + 5);
    expect((await silent).status).toBe(408);
    const open = lab.stack.request({ request: unchanged(callerRequest({ method: 'BYE' })) }, { cause: null });
    await lab.clock.advance(5);
    await lab.stack.close();
    expect((await open).status).toBe(503);
    await lab.caller.close();
    await lab.clock.advance(200_000);
    expect(lab.clock.pending).toBe(0);
  });
});
