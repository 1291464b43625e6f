import { describe, expect, it } from 'vitest';
import type { SipFlow, SipTransportName } from '../../ports/sip-transport.ts';
import { flowKey } from './bindings-on-flow.ts';

function flow(id: string, transport: SipTransportName, port: number): SipFlow {
  return {
    id,
    transport,
    local: { transport, host: '127.0.0.1', port: 5060 },
    remote: { transport, host: '127.0.0.2', port },
    reliable: transport !== 'UDP',
    closed: false,
    send: () => true,
    onClose: () => () => {},
    close: () => {},
  };
}

describe('the key of a flow', () => {
  it.each([
    ['a UDP flow that the transport forgot and made again', flow('a', 'UDP', 4000), flow('b', 'UDP', 4000), true],
    ['UDP from another port', flow('a', 'UDP', 4000), flow('b', 'UDP', 4001), false],
    ['a second connection from the same port', flow('a', 'TCP', 4000), flow('b', 'TCP', 4000), false],
  ])('for %s', (_name, one, other, same) => {
    expect(flowKey(one) === flowKey(other)).toBe(same);
  });
});
