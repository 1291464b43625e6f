import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { ipAddress, utf8Text } from '@imslab/ims-core/protocols/diameter/avp-types';
import type { DiameterHeader } from '@imslab/ims-core/protocols/diameter/message';
import type { MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { encodeMessage } from './codec.ts';
import type { ConnectionEvents, DiameterConnection } from './connection.ts';
import type { DiameterTracer } from './tracer.ts';

export interface PeerWireOptions {
  /** Makes the connection, or hands out the one that came in. */
  readonly connect: (events: ConnectionEvents) => DiameterConnection;
  readonly tracer: DiameterTracer;
  /** This end on the ladder. */
  readonly self: TraceParty;
  /** The other end on the ladder, by its Origin-Host (empty before it is known). */
  readonly partyOf: (originHost: string) => TraceParty;
}

/** The present connection of a peer, with the trace of what crosses it. */
export class PeerWire {
  readonly #options: PeerWireOptions;
  #connection: DiameterConnection | undefined;
  #peerHost = '';
  /** Origin-Host of the last message that came, so that a refusal has a receiver before any CER was good. */
  #claimedHost = '';
  #shown: Ends | undefined;

  constructor(options: PeerWireOptions) {
    this.#options = options;
  }

  /** The connection as it is now: an answer is only good on the one that its request came on. */
  get connection(): DiameterConnection | undefined {
    return this.#connection;
  }

  get congested(): boolean {
    return this.#connection?.congested ?? false;
  }

  /** This end as Address data, for Host-IP-Address. */
  get hostIpAddress(): Uint8Array {
    return ipAddress(this.#connection?.localHost ?? '127.0.0.1');
  }

  open(events: ConnectionEvents): void {
    this.#shown = undefined;
    this.#connection = this.#options.connect({
      ...events,
      onDisconnected: (reason) => {
        this.#connection = undefined;
        this.#shown = undefined;
        events.onDisconnected(reason);
      },
    });
  }

  drop(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#shown = undefined;
  }

  /** Says whose messages these are from now on. */
  name(originHost: string): void {
    this.#peerHost = originHost;
  }

  /** Writes a message and its trace event; returns the event's number. Throws where the codec does. */
  send(header: DiameterHeader, avps: readonly Avp[], cause: number | null): number {
    return this.sendOctets(encodeMessage(header, avps), cause);
  }

  /** The same, of a message that is written already. */
  sendOctets(octets: Uint8Array, cause: number | null): number {
    const { self, peer } = this.#ends();
    const seq = this.#options.tracer.message('sender', self, peer, octets, cause);
    this.#connection?.send(octets);
    return seq;
  }

  traceReceived(octets: Uint8Array, layout: MessageLayout, cause: number | null): number {
    if (this.#peerHost === '') this.#claimedHost = originHostIn(layout);
    const { self, peer } = this.#ends();
    return this.#options.tracer.message('receiver', peer, self, octets, cause);
  }

  traceFault(code: string, text: string, cause: number | null): void {
    const { self, peer } = this.#ends();
    this.#options.tracer.note(peer, self, code, text, cause);
  }

  /** Both ends on the ladder; the other one, before its CER or CEA was accepted, as it calls itself. Made once for all messages. */
  #ends(): Ends {
    const host = this.#peerHost || this.#claimedHost;
    if (this.#shown?.host === host) return this.#shown;
    const { self, partyOf } = this.#options;
    const connection = this.#connection;
    this.#shown = {
      host,
      self: withAddress(self, connection?.localAddress),
      peer: withAddress(partyOf(host), connection?.remoteAddress),
    };
    return this.#shown;
  }
}

interface Ends {
  /** The peer's Origin-Host; empty before it is known. */
  readonly host: string;
  readonly self: TraceParty;
  readonly peer: TraceParty;
}

function originHostIn(layout: MessageLayout): string {
  const named = layout.avps.find((avp) => avp.rule?.name === 'Origin-Host');
  return named === undefined ? '' : (utf8Text(named.data) ?? '');
}

function withAddress(party: TraceParty, address: string | undefined): TraceParty {
  return address === undefined ? party : { ...party, address };
}
