import type { SipFlow, SipHop, SipTransport } from '@imslab/ims-core/ports/sip-transport';
import type { TraceParty } from '@imslab/ims-core/trace/event';

const NETWORK = {
  pcscf: { node: 'pcscf', id: '', label: 'P-CSCF' },
  icscf: { node: 'icscf', id: '', label: 'I-CSCF' },
  scscf: { node: 'scscf', id: '', label: 'S-CSCF' },
  scscf2: { node: 'scscf', id: 'scscf2', label: 'S-CSCF 2' },
  hss: { node: 'hss', id: '', label: 'HSS' },
  as: { node: 'as', id: '', label: 'AS' },
} as const satisfies Readonly<Record<string, TraceParty>>;
/** Addresses of outgoing connections that are remembered. */
const MAX_OUTGOING = 4_096;

export type BoxName = keyof typeof NETWORK;
export type ScscfName = 'scscf' | 'scscf2';
export type SipBoxName = 'pcscf' | 'icscf' | 'as' | ScscfName;

/** The box of the lab as an end of an arrow. */
export function boxParty(box: BoxName): TraceParty {
  return NETWORK[box];
}

/**
 * Tells from an address which box of the lab is there: by where it listens, and by the ports from which it called others.
 * Whoever is not of the lab, is shown by its address.
 */
export class PartyBook {
  readonly #listening = new Map<string, TraceParty>();
  readonly #outgoing = new Map<string, TraceParty>();

  listens(box: BoxName, host: string, port: number): void {
    this.#listening.set(`${host}:${port}`, boxParty(box));
  }

  /** Who is at the far end of a flow, or at a hop. */
  readonly partyOf = (peer: SipFlow | SipHop): TraceParty => {
    const { host, port, transport } = 'id' in peer ? peer.remote : peer;
    const address = `${host}:${port}`;
    const known = this.#listening.get(address) ?? (transport === 'TCP' ? this.#outgoing.get(address) : undefined);
    return known ?? unknownParty(address);
  };

  /** The same transport, which tells this book from which port the box calls others. */
  watch(box: BoxName, transport: SipTransport): SipTransport {
    return {
      get listening() {
        return transport.listening;
      },
      start: (handler) => transport.start(handler),
      flowById: (id) => transport.flowById(id),
      close: () => transport.close(),
      openFlow: (hop) => transport.openFlow(hop),
      flowTo: async (hop) => {
        const flow = await transport.flowTo(hop);
        if (flow.transport === 'TCP') this.#calls(`${flow.local.host}:${flow.local.port}`, boxParty(box));
        return flow;
      },
    };
  }

  #calls(address: string, party: TraceParty): void {
    this.#outgoing.delete(address);
    this.#outgoing.set(address, party);
    if (this.#outgoing.size <= MAX_OUTGOING) return;
    const oldest = this.#outgoing.keys().next();
    if (!oldest.done) this.#outgoing.delete(oldest.value);
  }
}

/** Somebody who is not of the lab. @param address `host:port` */
export function unknownParty(address: string): TraceParty {
  return { node: 'other', id: address, label: address, address };
}
