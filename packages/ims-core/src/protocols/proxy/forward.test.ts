import { describe, expect, it } from 'vitest';
import { callerRequest, ProxyLab } from '../../../test/kit/proxy-lab.ts';
import { header, headerValues, topVia } from '../sip/read.ts';

describe('forwarding (RFC 3261 §16.6)', () => {
  it('carries an INVITE with its own Via on top and one hop fewer, and the answers back without it', async () => {
    const lab = await ProxyLab.start();
    await lab.call(callerRequest());
    const invite = lab.callee().last('INVITE');
    expect(header(invite, 'Max-Forwards')).toBe('69');
    expect(headerValues(invite, 'Via')).toHaveLength(2);
    expect(topVia(invite)).toMatchObject({ transport: 'UDP', host: '192.0.2.10', port: 5060 });
    expect(headerValues(invite, 'Via')[1]).toContain('received=192.0.2.1');
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
});
