import { describe, expect, it } from 'vitest';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import { FlowEnds } from './flow-ends.ts';

const near: SipHop = { transport: 'TCP', host: '192.0.2.1', port: 5060 };
const far: SipHop = { transport: 'TCP', host: '192.0.2.2', port: 4060 };
const box = { node: 'icscf', id: '', label: 'I-CSCF' } as const;

const ue = (name: string) => ({ node: 'ue', id: name, label: name }) as const;

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
    const ends = new FlowEnds(flow(near, far), box);
    expect(ends.self).toEqual({ node: 'icscf', id: '', label: 'I-CSCF', address: '192.0.2.1:5060' });
    expect(ends.peer(ue('Alice'))).toEqual({ node: 'ue', id: 'Alice', label: 'Alice', address: '192.0.2.2:4060' });
  });

  it('gives a message one way, whichever end tells of it', () => {
    const [here, there] = [new FlowEnds(flow(near, far), box), new FlowEnds(flow(far, near), box)];
    expect(there.received).toBe(here.sent);
    expect(there.sent).toBe(here.received);
  });

  it('tells apart the two directions and other ports', () => {
    const ends = new FlowEnds(flow(near, far), box);
    const other = new FlowEnds(flow({ ...near, port: 5061 }, far), box);
    expect(new Set([ends.sent, ends.received, other.sent, other.received]).size).toBe(4);
  });

  it('makes the peer once for all its messages, and anew for another UE on the same flow', () => {
    const ends = new FlowEnds(flow(near, far), box);
    const alice = ends.peer(ue('Alice'));
    expect(ends.peer(ue('Alice'))).toBe(alice);
    expect(ends.peer(ue('Bob')).label).toBe('Bob');
  });

  it('takes a peer for good only when it is a box of the lab', () => {
    const ends = new FlowEnds(flow(near, far), box);
    expect(ends.box).toBeUndefined();
    ends.peer({ node: 'other', id: '', label: 'somebody' });
    expect(ends.box).toBeUndefined();
    ends.peer(ue('Alice'));
    expect(ends.box).toBeUndefined();
    const scscf = ends.peer({ node: 'scscf', id: '', label: 'S-CSCF' });
    expect(ends.box).toBe(scscf);
  });
});
