import { describe, expect, it } from 'vitest';
import type { SipFlow, SipTransportName } from '../../ports/sip-transport.ts';
import { request } from '../sip/build.ts';
import { header } from '../sip/read.ts';
import { withReceived } from './received.ts';

function flowFrom(host: string, transport: SipTransportName = 'UDP'): SipFlow {
  const remote = { transport, host, port: 40_123 };
  return {
    id: 'flow',
    transport,
    local: { transport, host: '192.0.2.10', port: 5060 },
    remote,
    reliable: transport !== 'UDP',
    closed: false,
    send: () => true,
    onClose: () => () => {},
    close: () => {},
  };
}

describe('what a server writes into the topmost Via (RFC 3261 §18.2.1, RFC 3581 §4)', () => {
  it.each([
    { name: 'nothing where sent-by says it', via: 'UDP 192.0.2.1:5060;branch=x', host: '192.0.2.1', written: '' },
    {
      name: 'received for a host name',
      via: 'TCP a.example;branch=x',
      host: '192.0.2.1',
      written: ';received=192.0.2.1',
    },
    {
      name: 'received for another address',
      via: 'UDP 192.0.2.7:5060;branch=x',
      host: '192.0.2.1',
      written: ';received=192.0.2.1',
    },
  ])('$name', ({ via, host, written }) => {
    const came = request('OPTIONS', 'sip:b@192.0.2.10', [['Via', `SIP/2.0/${via}`]]);
    expect(header(withReceived(came, flowFrom(host)), 'Via')).toBe(`SIP/2.0/${via}${written}`);
  });

  it('writes the port and the address of a sender that asks for rport, also where sent-by has them', () => {
    const came = request('OPTIONS', 'sip:b@192.0.2.10', [['Via', 'SIP/2.0/UDP 192.0.2.1:5060;rport;branch=x']]);
    expect(header(withReceived(came, flowFrom('192.0.2.1')), 'Via')).toBe(
      'SIP/2.0/UDP 192.0.2.1:5060;rport=40123;branch=x;received=192.0.2.1',
    );
  });

  it('does not believe a received that the sender wrote', () => {
    const came = request('OPTIONS', 'sip:b@192.0.2.10', [
      ['Via', 'SIP/2.0/UDP 192.0.2.1;received=192.0.2.99;branch=x'],
    ]);
    expect(header(withReceived(came, flowFrom('192.0.2.1')), 'Via')).toBe(
      'SIP/2.0/UDP 192.0.2.1;received=192.0.2.1;branch=x',
    );
  });

  it('leaves the values below alone', () => {
    const came = request('OPTIONS', 'sip:b@192.0.2.10', [
      ['Via', 'SIP/2.0/UDP a.example;branch=x, SIP/2.0/UDP b.example;branch=y'],
    ]);
    expect(header(withReceived(came, flowFrom('192.0.2.1')), 'Via')).toBe(
      'SIP/2.0/UDP a.example;branch=x;received=192.0.2.1, SIP/2.0/UDP b.example;branch=y',
    );
  });
});
