import { describe, expect, it } from 'vitest';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import { flowEnds } from './flow-ends.ts';

const near: SipHop = { transport: 'TCP', host: '192.0.2.1', port: 5060 };
const far: SipHop = { transport: 'TCP', host: '192.0.2.2', port: 4060 };
const box = { node: 'icscf', id: '', label: 'I-CSCF' } as const;

function flow(local: SipHop, remote: SipHop): SipFlow {
  return {
    id: 'f',
    transport: local.transport,
    local,
    remote,
    reliable: true,
    closed: false,
    send: () => true,
    onClose: () => () => {},
    close: () => {},
  };
}

describe('what the trace says of a flow', () => {
  it('names both addresses as the wire has them', () => {
    const ends = flowEnds(flow(near, far), box);
    expect(ends.self).toEqual({ node: 'icscf', id: '', label: 'I-CSCF', address: '192.0.2.1:5060' });
    expect(ends.remoteAddress).toBe('192.0.2.2:4060');
  });

  it('gives a message one way, whichever end tells of it', () => {
    const [here, there] = [flowEnds(flow(near, far), box), flowEnds(flow(far, near), box)];
    expect(there.received).toBe(here.sent);
    expect(there.sent).toBe(here.received);
  });

  it('tells apart the two directions and other ports', () => {
    const ends = flowEnds(flow(near, far), box);
    const other = flowEnds(flow({ ...near, port: 5061 }, far), box);
    expect(new Set([ends.sent, ends.received, other.sent, other.received]).size).toBe(4);
  });
});
