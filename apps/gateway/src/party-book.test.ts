import type { SipFlow, SipTransport } from '@imslab/ims-core/ports/sip-transport';
import { describe, expect, it } from 'vitest';
import { PartyBook } from './party-book.ts';

describe('PartyBook', () => {
  it('knows a box by where it listens, over UDP and TCP', () => {
    const book = new PartyBook();
    book.listens('icscf', '127.0.0.1', 4060);
    expect(book.partyOf({ transport: 'TCP', host: '127.0.0.1', port: 4060 }).label).toBe('I-CSCF');
    expect(book.partyOf({ transport: 'UDP', host: '127.0.0.1', port: 4060 }).label).toBe('I-CSCF');
  });

  it('knows a box by the port from which it called another', async () => {
    const book = new PartyBook();
    const local = { transport: 'TCP', host: '127.0.0.1', port: 45_001 } as const;
    const remote = { transport: 'TCP', host: '127.0.0.1', port: 6060 } as const;
    const flow: SipFlow = {
      id: 'f',
      transport: 'TCP',
      local,
      remote,
      reliable: true,
      closed: false,
      send: () => true,
      onClose: () => () => {},
      close: () => {},
    };
    const transport: SipTransport = {
      listening: [],
      start: async () => {},
      openFlow: () => undefined,
      flowTo: async () => flow,
      flowById: () => undefined,
      close: async () => {},
    };
    await book.watch('pcscf', transport).flowTo(remote);
    expect(book.partyOf(local).label).toBe('P-CSCF');
    expect(book.partyOf({ ...local, transport: 'UDP' }).node).toBe('other');
  });

  it('shows whoever is not of the lab by its address', () => {
    const party = new PartyBook().partyOf({ transport: 'UDP', host: '127.0.0.1', port: 5090 });
    expect(party).toEqual({ node: 'other', id: '127.0.0.1:5090', label: '127.0.0.1:5090', address: '127.0.0.1:5090' });
  });
});
