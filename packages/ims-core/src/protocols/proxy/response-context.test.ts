import { describe, expect, it } from 'vitest';
import {
  calleeHop,
  callerHop,
  callerRequest,
  ProxyLab,
  type ProxyLabOptions,
  proxyHops,
} from '../../../test/kit/proxy-lab.ts';
import { SipPeer } from '../../../test/kit/sip-peer.ts';
import { response } from '../sip/build.ts';
import { MessageEdit, unchanged } from '../sip/edit.ts';
import { header, headerValues, topVia } from '../sip/read.ts';
import type { ForwardOptions } from './stack.ts';

const T1_MS = 500;

/** A proxy that forks to callees with these q values, callee 1 first. */
function forking(q: readonly number[], options: ForwardOptions = {}): ProxyLabOptions {
  return {
    callees: q.length,
    handler: async (lab, incoming) => {
      const branches = q.map((each, index) => ({
        request: unchanged(incoming.message),
        to: [calleeHop(index + 1)],
        q: each,
      }));
      lab.outcomes.push(await lab.stack.forward(incoming, branches, options));
    },
  };
}

async function answer(lab: ProxyLab, number: number, status: number, headers: readonly [string, string][] = []) {
  const callee = lab.callee(number);
  const method = lab.incoming[0]!.message.method;
  callee.answer(callee.last(method), status, { headers });
  await lab.clock.advance(3);
}

describe('forking in parallel (RFC 3261 §16.7)', () => {
  it('passes every provisional response but 100, and the first 2xx ends the other branches with its reason', async () => {
    const lab = await ProxyLab.start(forking([1, 1, 1]));
    await lab.call(callerRequest());
    await answer(lab, 1, 100);
    await answer(lab, 1, 180);
    await answer(lab, 2, 183);
    await answer(lab, 2, 200);
    expect(lab.caller.log).toEqual(['100', '180', '183', '200']);
    expect(lab.callee(1).log).toEqual(['INVITE', 'CANCEL']);
    expect(header(lab.callee(1).last('CANCEL'), 'Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    // Callee 3 gave no provisional response yet: its CANCEL waits for one.
    expect(lab.callee(3).log).toEqual(['INVITE']);
    await answer(lab, 3, 180);
    expect(lab.callee(3).log).toEqual(['INVITE', 'CANCEL']);
    expect(lab.caller.log).toHaveLength(4);
  });

  const selections: readonly { name: string; answers: readonly number[]; best: string }[] = [
    { name: 'the lowest class', answers: [503, 404], best: '404' },
    { name: 'a 3xx before a 4xx', answers: [486, 302], best: '302' },
    { name: 'a 6xx before all', answers: [302, 603], best: '603' },
    { name: 'what helps to try again', answers: [404, 415], best: '415' },
    { name: 'a challenge before a refusal', answers: [486, 401], best: '401' },
    { name: 'the first of equals', answers: [404, 486], best: '404' },
    { name: 'a refusal before a timeout of the next hop', answers: [408, 486], best: '486' },
    { name: '500 in place of a 503', answers: [503, 503], best: '500' },
    { name: 'a 504 as it is', answers: [504, 503], best: '504' },
  ];

  it.each(selections)('sends $name upstream: $answers make $best', async ({ answers, best }) => {
    const lab = await ProxyLab.start(forking([1, 1]));
    await lab.call(callerRequest());
    for (const [index, status] of answers.entries()) await answer(lab, index + 1, status);
    expect(lab.caller.log).toEqual(['100', best]);
    expect(lab.outcomes[0]?.final.status).toBe(Number(best));
  });

  it('waits with the final answer until the last branch has one', async () => {
    const lab = await ProxyLab.start(forking([1, 1]));
    await lab.call(callerRequest());
    await answer(lab, 1, 404);
    expect(lab.caller.log).toEqual(['100']);
    await answer(lab, 2, 486);
    expect(lab.caller.log).toEqual(['100', '404']);
  });

  it('collects the challenges of all branches', async () => {
    const lab = await ProxyLab.start(forking([1, 1]));
    await lab.call(callerRequest());
    await answer(lab, 1, 401, [['WWW-Authenticate', 'Digest realm="a", nonce="1"']]);
    await answer(lab, 2, 407, [['Proxy-Authenticate', 'Digest realm="b", nonce="2"']]);
    const final = lab.caller.responses.at(-1)!;
    expect(final.status).toBe(401);
    expect(header(final, 'WWW-Authenticate')).toContain('realm="a"');
    expect(header(final, 'Proxy-Authenticate')).toContain('realm="b"');
  });

  it('a 6xx cancels the others, and a 2xx that crosses the CANCEL still wins', async () => {
    const lab = await ProxyLab.start(forking([1, 1]));
    await lab.call(callerRequest());
    await answer(lab, 2, 180);
    await answer(lab, 1, 603);
    expect(lab.callee(2).log).toEqual(['INVITE', 'CANCEL']);
    expect(header(lab.callee(2).last('CANCEL'), 'Reason')).toContain('cause=603');
    expect(lab.caller.log).toEqual(['100', '180']);
    await answer(lab, 2, 200);
    expect(lab.caller.log).toEqual(['100', '180', '200']);
  });

  it('forwards only one answer to a request that is no INVITE', async () => {
    const lab = await ProxyLab.start(forking([1, 1]));
    await lab.call(callerRequest({ method: 'MESSAGE' }));
    await answer(lab, 1, 202);
    await answer(lab, 2, 200);
    expect(lab.caller.log).toEqual(['202']);
    expect(lab.callee(2).log).toEqual(['MESSAGE']);
  });
});

describe('forking one after the other', () => {
  it('tries the groups by falling q, and equal q together', async () => {
    const lab = await ProxyLab.start(forking([0.5, 1, 0.5]));
    await lab.call(callerRequest());
    expect([1, 2, 3].map((number) => lab.callee(number).log)).toEqual([[], ['INVITE'], []]);
    await answer(lab, 2, 480);
    expect([1, 3].map((number) => lab.callee(number).log)).toEqual([['INVITE'], ['INVITE']]);
    await answer(lab, 1, 486);
    await answer(lab, 3, 200);
    expect(lab.caller.log).toEqual(['100', '200']);
  });

  it('stops after a 6xx', async () => {
    const lab = await ProxyLab.start(forking([1, 0.5]));
    await lab.call(callerRequest());
    await answer(lab, 1, 600);
    expect(lab.callee(2).log).toEqual([]);
    expect(lab.caller.log).toEqual(['100', '600']);
  });

  it('starts no further group once the caller has cancelled', async () => {
    const lab = await ProxyLab.start(forking([1, 0.5]));
    await lab.call(callerRequest());
    await answer(lab, 1, 180);
    await lab.call(callerRequest({ method: 'CANCEL' }));
    await answer(lab, 1, 487);
    expect(lab.callee(2).log).toEqual([]);
    expect(lab.caller.log).toEqual(['100', '180', '200', '487']);
  });

  it('answers 480 when there is no target', async () => {
    const lab = await ProxyLab.start(forking([]));
    await lab.call(callerRequest());
    expect(lab.caller.log).toEqual(['100', '480']);
  });
});

describe('CANCEL (RFC 3261 §9, §16.10)', () => {
  it('goes on to a branch that gave a provisional response, with the reason of the caller', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    await answer(lab, 1, 180);
    await lab.call(callerRequest({ method: 'CANCEL', headers: [['Reason', 'SIP;cause=487']] }));
    const cancel = lab.callee().last('CANCEL');
    expect(cancel.uri).toBe(invite.uri);
    expect(headerValues(cancel, 'Via')).toEqual([headerValues(invite, 'Via')[0]]);
    expect(header(cancel, 'CSeq')).toBe('1 CANCEL');
    expect(header(cancel, 'To')).toBe(header(invite, 'To'));
    expect(header(cancel, 'Reason')).toBe('SIP;cause=487');
    lab.callee().answer(cancel, 200);
    await answer(lab, 1, 487);
    expect(lab.caller.log).toEqual(['100', '180', '200', '487']);
    expect(lab.callee().log).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(lab.incoming[0]?.cancelled).toBe(true);
  });

  it('waits for a provisional response before it goes on', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    await lab.call(callerRequest({ method: 'CANCEL' }));
    expect(lab.caller.log).toEqual(['100', '200']);
    expect(lab.callee().log).toEqual(['INVITE']);
    await answer(lab, 1, 100);
    expect(lab.callee().log).toEqual(['INVITE', 'CANCEL']);
  });

  it('loses the race against a 200, which reaches the caller', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    await answer(lab, 1, 180);
    const invite = lab.callee().last('INVITE');
    lab.callee().answer(invite, 200);
    await lab.call(callerRequest({ method: 'CANCEL' }));
    await lab.clock.advance(5);
    // The CANCEL and the 200 cross between proxy and callee; the caller is told to hang up by itself.
    expect(lab.caller.log.toSorted()).toEqual(['100', '180', '200', '200']);
    expect(lab.outcomes[0]?.final.status).toBe(200);
  });

  it('changes nothing after the final response', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    await answer(lab, 1, 200);
    await lab.call(callerRequest({ method: 'CANCEL' }));
    expect(lab.caller.responses.map((each) => header(each, 'CSeq'))).toEqual(['1 INVITE', '1 INVITE', '1 CANCEL']);
    expect(lab.callee().log).toEqual(['INVITE']);
    expect(lab.incoming[0]?.cancelled).toBe(false);
  });

  it('is answered 481 when no INVITE is there', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest({ method: 'CANCEL' }));
    expect(lab.caller.log).toEqual(['481']);
    expect(lab.callee().log).toEqual([]);
  });

  it('is answered 481 when it comes from elsewhere than the INVITE, whatever its Via says', async () => {
    const lab = await ProxyLab.start({ callees: 2 });
    await lab.call(callerRequest());
    await answer(lab, 1, 180);
    // Callee 2 knows the branch and the sent-by of the caller; a refusal by the proxy goes where it really came from.
    const [udp] = proxyHops;
    const forged = callerRequest({ method: 'CANCEL' });
    const via = new MessageEdit(forged).set('Via', `${header(forged, 'Via')};rport`, 'test').done().message;
    await lab.callee(2).sendTo(udp ?? expect.fail('the proxy has no UDP'), via);
    await lab.clock.advance(3);
    expect(lab.callee(2).log).toEqual(['481']);
    expect(lab.callee().log).toEqual(['INVITE']);
    expect(lab.incoming[0]?.cancelled).toBe(false);
  });

  it.each([
    ['UDP', false],
    ['TCP', true],
  ] as const)('from another port of the same host over %s counts: %s', async (transport, counts) => {
    const lab = await ProxyLab.start({ transport });
    await lab.call(callerRequest({ transport }));
    await answer(lab, 1, 180);
    const hop = proxyHops.find((each) => each.transport === transport) ?? expect.fail(`no ${transport}`);
    const other = await SipPeer.start(lab.network.node([{ ...callerHop, transport, port: 5070 }]));
    await other.sendTo(hop, callerRequest({ method: 'CANCEL', transport }));
    await lab.clock.advance(3);
    expect(lab.incoming[0]?.cancelled).toBe(counts);
    await other.close();
  });

  it('ends with 487 after 64*T1 when the callee does not answer the INVITE any more', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    await answer(lab, 1, 180);
    await lab.call(callerRequest({ method: 'CANCEL' }));
    await lab.clock.advance(64 * T1_MS + 5);
    expect(lab.caller.log.slice(0, 4)).toEqual(['100', '180', '200', '487']);
  });

  it('stops a request that was not sent yet: the procedure still asked the HSS', async () => {
    let hssAnswers = () => {};
    const lab = await ProxyLab.start({
      handler: async ({ stack, outcomes }, incoming) => {
        await new Promise<void>((resolve) => {
          hssAnswers = resolve;
        });
        outcomes.push(await stack.forward(incoming, [{ request: unchanged(incoming.message) }]));
      },
    });
    await lab.call(callerRequest());
    await lab.call(callerRequest({ method: 'CANCEL' }));
    hssAnswers();
    await lab.clock.advance(5);
    expect(lab.caller.log).toEqual(['100', '200', '487']);
    expect(lab.callee().log).toEqual([]);
    expect(lab.outcomes[0]).toMatchObject({ intercepted: false, final: { status: 487 } });
  });

  it('tells a procedure that answers by itself', async () => {
    const lab = await ProxyLab.start({
      handler: async (_lab, incoming) => {
        incoming.respond(180);
        incoming.onCancel(() => incoming.respond(487));
      },
    });
    await lab.call(callerRequest());
    await lab.call(callerRequest({ method: 'CANCEL' }));
    expect(lab.caller.log).toEqual(['100', '180', '200', '487']);
    const tags = lab.caller.responses.slice(1).map((each) => header(each, 'To'));
    expect(new Set(tags).size).toBe(1);
  });
});

describe('timer C (RFC 3261 §16.6 step 11, §16.8)', () => {
  it('cancels a callee that rings for more than three minutes, and every 1xx but 100 starts it anew', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    await answer(lab, 1, 180);
    await lab.clock.advance(180_000);
    expect(lab.callee().log).toEqual(['INVITE']);
    await answer(lab, 1, 180);
    await lab.clock.advance(180_000);
    await answer(lab, 1, 100);
    expect(lab.callee().log).toEqual(['INVITE']);
    await lab.clock.advance(10_000);
    expect(lab.callee().log.slice(0, 2)).toEqual(['INVITE', 'CANCEL']);
    expect(header(lab.callee().last('CANCEL'), 'Reason')).toContain('cause=408');
    await answer(lab, 1, 487);
    expect(lab.caller.log.at(-1)).toBe('487');
  });
});

describe('what a node may decide', () => {
  it('changes each response once it lost the own Via, in the order of arrival though changing takes time', async () => {
    let relayReady = () => {};
    const lab = await ProxyLab.start({
      forwardOptions: {
        onResponse: async (received) => {
          if (received.status === 183) {
            await new Promise<void>((resolve) => {
              relayReady = resolve;
            });
          }
          expect(topVia(received)?.host).toBe('192.0.2.1');
          return new MessageEdit(received).set('X-Relay', 'yes', 'test').done();
        },
      },
    });
    await lab.call(callerRequest());
    await answer(lab, 1, 183);
    await answer(lab, 1, 200);
    expect(lab.caller.log).toEqual(['100']);
    relayReady();
    await lab.clock.advance(5);
    expect(lab.caller.log).toEqual(['100', '183', '200']);
    expect(lab.caller.responses.map((each) => header(each, 'X-Relay'))).toEqual([undefined, 'yes', 'yes']);
  });

  it('answers with another status than the callee when the node says so', async () => {
    const lab = await ProxyLab.start({
      handler: async ({ stack, outcomes }, incoming) => {
        const refuse = () => unchanged(response(incoming.message, 500, { toTag: 'relay' }));
        const branches = [{ request: unchanged(incoming.message) }];
        outcomes.push(await stack.forward(incoming, branches, { onResponse: refuse }));
      },
    });
    await lab.call(callerRequest());
    await answer(lab, 1, 200);
    expect(lab.caller.log).toEqual(['100', '500']);
    expect(lab.outcomes[0]?.final.status).toBe(500);
  });

  it('answers 500 and cancels when the node fails on a response', async () => {
    const lab = await ProxyLab.start({ forwardOptions: { onResponse: () => Promise.reject(new Error('no port')) } });
    await lab.call(callerRequest());
    await answer(lab, 1, 183);
    expect(lab.caller.log).toEqual(['100', '500']);
    expect(lab.callee().log).toEqual(['INVITE', 'CANCEL']);
  });

  it('goes on with another target when the procedure intercepts the failure', async () => {
    const lab = await ProxyLab.start({
      callees: 2,
      handler: async ({ stack, outcomes }, incoming) => {
        const to = (number: number) => [{ request: unchanged(incoming.message), to: [calleeHop(number)] }];
        const first = await stack.forward(incoming, to(1), { intercept: (final) => final.status === 503 });
        outcomes.push(first);
        if (first.intercepted) outcomes.push(await stack.forward(incoming, to(2)));
      },
    });
    await lab.call(callerRequest());
    await answer(lab, 1, 503);
    await answer(lab, 2, 200);
    expect(lab.caller.log).toEqual(['100', '200']);
    expect(lab.outcomes.map(({ final, intercepted }) => [final.status, intercepted])).toEqual([
      [503, true],
      [200, false],
    ]);
  });

  it('asks the intercept about silence too, and about nothing once the caller has cancelled', async () => {
    const asked: number[] = [];
    const intercept = (final: { status: number }) => {
      asked.push(final.status);
      return false;
    };
    const lab = await ProxyLab.start({ forwardOptions: { intercept } });
    await lab.call(callerRequest({ method: 'MESSAGE' }));
    await lab.clock.advance(64 * T1_MS + 5);
    expect(asked).toEqual([408]);
    await lab.call(callerRequest({ branch: 'z9hG4bKsecond' }));
    await lab.call(callerRequest({ method: 'CANCEL', branch: 'z9hG4bKsecond' }));
    await lab.clock.advance(64 * T1_MS + 5);
    expect(asked).toEqual([408]);
    expect(lab.caller.log).toContain('487');
  });

  it('sends its own timeout answer to a request that is no INVITE only when it asks for one', async () => {
    const lab = await ProxyLab.start({ forwardOptions: { onFailure: () => ({ status: 504 }) } });
    await lab.call(callerRequest({ method: 'REGISTER' }));
    await lab.clock.advance(64 * T1_MS + 5);
    expect(lab.caller.log).toEqual(['504']);
  });

  it('notes a second final response and does not send it', async () => {
    const lab = await ProxyLab.start({
      handler: async (_lab, incoming) => {
        incoming.respond(404, { why: 'nobody' });
        incoming.respond(200);
      },
    });
    await lab.call(callerRequest());
    expect(lab.caller.log).toEqual(['100', '404']);
    expect(lab.trace.notes()).toEqual(['SIP_SECOND_FINAL']);
    const refusal = lab.trace.events.find((event) => event.kind === 'sip' && event.sip.status === 404);
    expect(refusal).toMatchObject({
      cause: 1,
      sip: { changes: [{ name: 'Status-Line', after: '404 Not Found', why: 'nobody' }] },
    });
  });
});
