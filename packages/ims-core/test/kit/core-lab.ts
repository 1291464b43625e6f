import type { HssContext } from '../../src/nodes/hss/context.ts';
import { createHss } from '../../src/nodes/hss/hss.ts';
import { LAB_DOMAIN, type SeededSubscriber, seededSubscribers } from '../../src/nodes/hss/seeded-subscribers.ts';
import type { ScscfEntry } from '../../src/nodes/icscf/config.ts';
import { createIcscf, type Icscf } from '../../src/nodes/icscf/icscf.ts';
import type { ScscfConfig } from '../../src/nodes/scscf/config.ts';
import { createScscf, type Scscf } from '../../src/nodes/scscf/scscf.ts';
import type { SipResolver } from '../../src/ports/sip-resolver.ts';
import type { SipFlow, SipHop } from '../../src/ports/sip-transport.ts';
import type { NewSubscription, SubscriberStore } from '../../src/ports/subscriber-store.ts';
import type { SipMessage, SipResponse } from '../../src/protocols/sip/message.ts';
import { canonicalIdentity } from '../../src/protocols/sip/uri.ts';
import type { TraceParty } from '../../src/trace/event.ts';
import { DirectCx } from './direct-cx.ts';
import { MemoryNetwork, NETWORK_DELAY_MS } from './memory-network.ts';
import { createMemoryStore } from './memory-store.ts';
import { RecordingTrace } from './recording-trace.ts';
import { SeededRandom } from './seeded-random.ts';
import { SipPeer } from './sip-peer.ts';
import { VirtualClock } from './virtual-clock.ts';

export const D = LAB_DOMAIN;
export const SERVER_NAME = `sip:scscf.${D}:6060`;
export const SECOND_SERVER_NAME = `sip:scscf2.${D}:6060`;

const addresses = {
  pcscf: { host: '192.0.2.1', port: 5060 },
  icscf: { host: '192.0.2.4', port: 4060 },
  scscf: { host: '192.0.2.6', port: 6060 },
  scscf2: { host: '192.0.2.7', port: 6060 },
  as: { host: '192.0.2.8', port: 5080 },
  as2: { host: '192.0.2.9', port: 5080 },
  stranger: { host: '203.0.113.9', port: 5060 },
} as const;
export type BoxName = keyof typeof addresses;

const labels: Readonly<Record<BoxName, string>> = {
  pcscf: 'P-CSCF',
  icscf: 'I-CSCF',
  scscf: 'S-CSCF',
  scscf2: 'S-CSCF 2',
  as: 'AS',
  as2: 'AS 2',
  stranger: 'Stranger',
};

/** How long a message takes through all boxes, with time to spare. */
const SETTLE_MS = 40 * NETWORK_DELAY_MS;

export interface CoreLabOptions {
  /** S-CSCFs that are peers of the test in place of the real one. */
  readonly peers?: readonly BoxName[];
  /** False: the test puts a real P-CSCF into its place. */
  readonly playPcscf?: boolean;
  /** Which S-CSCFs the I-CSCF may choose; default those that are there. */
  readonly scscfs?: readonly ScscfEntry[];
  readonly akaAlgorithms?: ScscfConfig['akaAlgorithms'];
  /** Two real S-CSCFs in place of one. */
  readonly secondScscf?: boolean;
  readonly subscribers?: readonly NewSubscription[];
  readonly hss?: Partial<HssContext>;
}

/** I-CSCF, S-CSCF and HSS on a network in memory; the P-CSCF is a peer that the test plays. */
export class CoreLab {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly trace = new RecordingTrace();
  readonly store: SubscriberStore;
  /** Cx of the I-CSCF and of the S-CSCFs. */
  readonly icscfCx: DirectCx;
  readonly scscfCx: DirectCx;
  readonly scscf2Cx: DirectCx;
  readonly icscf: Icscf;
  scscf: Scscf;
  /** Started only when the test wants two. */
  readonly scscf2: Scscf;
  readonly peers = new Map<BoxName, SipPeer>();

  readonly #akaAlgorithms: ScscfConfig['akaAlgorithms'];

  private constructor(options: CoreLabOptions) {
    this.#akaAlgorithms = options.akaAlgorithms ?? ['AKAv1-MD5', 'AKAv2-MD5', 'AKAv2-SHA-256'];
    this.store = createMemoryStore(options.subscribers);
    const hss = createHss({ store: this.store, random: new SeededRandom(3), ...options.hss });
    this.icscfCx = new DirectCx(hss, party('icscf'), this.trace, this.clock);
    this.scscfCx = new DirectCx(hss, party('scscf'), this.trace, this.clock);
    this.scscf2Cx = new DirectCx(hss, party('scscf2'), this.trace, this.clock);
    const names = options.secondScscf === true ? [SERVER_NAME, SECOND_SERVER_NAME] : [SERVER_NAME];
    this.icscf = createIcscf({
      ...this.shared('icscf', 4),
      cx: this.icscfCx,
      config: {
        domain: D,
        uri: `sip:icscf.${D}:4060`,
        trustedSources: TRUSTED_SOURCES,
        scscfs: options.scscfs ?? names.map((uri) => ({ uri, capabilities: [] })),
      },
    });
    this.scscf = this.#createScscf('scscf', this.scscfCx);
    this.scscf2 = this.#createScscf('scscf2', this.scscf2Cx);
  }

  static async start(options: CoreLabOptions = {}): Promise<CoreLab> {
    const lab = new CoreLab(options);
    await lab.icscf.start();
    const peers = options.peers ?? [];
    if (!peers.includes('scscf')) await lab.scscf.start();
    if (options.secondScscf === true) await lab.scscf2.start();
    const played = options.playPcscf === false ? peers : (['pcscf', ...peers] as const);
    for (const name of ['stranger', ...played] as const) {
      lab.peers.set(name, await SipPeer.start(lab.network.node(hopsOf(name))));
    }
    return lab;
  }

  get pcscf(): SipPeer {
    return this.peer('pcscf');
  }

  peer(name: BoxName): SipPeer {
    const peer = this.peers.get(name);
    if (peer === undefined) throw new Error(`${name} is no peer of this lab`);
    return peer;
  }

  /** A peer sends a message to a box, and everything that follows at once happens. */
  async send(to: BoxName, message: SipMessage, from: BoxName = 'pcscf'): Promise<void> {
    await this.peer(from).sendTo(tcpHop(to), message);
    await this.settle();
  }

  /** The P-CSCF sends a request and gets its final response. */
  async ask(to: BoxName, message: SipMessage, from: BoxName = 'pcscf'): Promise<SipResponse> {
    const before = this.peer(from).responses.length;
    await this.send(to, message, from);
    const final = this.peer(from)
      .responses.slice(before)
      .find((response) => response.status >= 200);
    if (final === undefined) throw new Error(`no final response; got ${this.peer(from).log.join(' ')}`);
    return final;
  }

  settle(): Promise<void> {
    return this.clock.advance(SETTLE_MS);
  }

  /** The S-CSCF ends and starts again without its data. */
  async restartScscf(): Promise<void> {
    await this.scscf.close();
    await this.startScscf();
  }

  /** Starts the S-CSCF anew after it was closed. */
  async startScscf(): Promise<void> {
    this.scscf = this.#createScscf('scscf', this.scscfCx);
    await this.scscf.start();
  }

  async close(): Promise<void> {
    await this.icscf.close();
    await this.scscf.close();
    await this.scscf2.close();
    for (const peer of this.peers.values()) await peer.close();
  }

  #createScscf(name: 'scscf' | 'scscf2', cx: DirectCx): Scscf {
    return createScscf({
      ...this.shared(name, name === 'scscf' ? 6 : 7),
      cx,
      nameOf,
      config: {
        party: party(name),
        domain: D,
        uri: name === 'scscf' ? SERVER_NAME : SECOND_SERVER_NAME,
        icscfUri: `sip:icscf.${D}:4060`,
        trustedSources: TRUSTED_SOURCES,
        visitedNetworks: [D],
        akaAlgorithms: this.#akaAlgorithms,
        minExpiresS: 60,
        maxExpiresS: 3600,
      },
    });
  }

  /** What each box of the core is given. */
  shared(name: BoxName, seed: number, more: readonly SipHop[] = []) {
    return {
      clock: this.clock,
      random: new SeededRandom(seed),
      transport: this.network.node([...hopsOf(name), ...more]),
      resolver,
      trace: this.trace,
      log: { warn: () => {}, error: (facts: object, text: string) => this.errors.push({ facts, text }) },
      partyOf: (peer: SipFlow | SipHop) => partyAt('id' in peer ? peer.remote : peer),
    };
  }

  /** What a box told its operator to look at. */
  readonly errors: { readonly facts: object; readonly text: string }[] = [];
}

const TRUSTED_SOURCES = Object.entries(addresses)
  .filter(([name]) => name !== 'stranger')
  .map(([, { host }]) => host);

/** The lab's name table: TCP first, as on Mw. */
const resolver: SipResolver = {
  resolve: ({ host, port, transport = 'TCP' }) => {
    const name = host === D ? 'icscf' : host.replace(`.${D}`, '');
    const known = Object.entries(addresses).find(([box, address]) => box === name || address.host === host);
    return known === undefined ? [] : [{ transport, host: known[1].host, port: port ?? known[1].port }];
  },
};

export function tcpHop(name: BoxName): SipHop {
  return { transport: 'TCP', ...addresses[name] };
}

function hopsOf(name: BoxName): readonly SipHop[] {
  return [tcpHop(name), { transport: 'UDP', ...addresses[name] }];
}

/** The seeded subscribers, some identities of one of them barred. */
export function withBarred(
  name: string,
  isBarred: (uri: string, index: number) => boolean,
): readonly SeededSubscriber[] {
  return seededSubscribers().map((seeded) => {
    if (seeded.subscriber.name !== name) return seeded;
    const identities = seeded.subscriber.identities.map((identity, index) => ({
      ...identity,
      barred: isBarred(identity.uri, index),
    }));
    return { ...seeded, subscriber: { ...seeded.subscriber, identities } };
  });
}

/** Who an IMPI or IMPU belongs to. */
export function nameOf(identity: string): { id: string; label: string } | undefined {
  const uri = canonicalIdentity(identity) ?? identity;
  const known = seededSubscribers().find(
    ({ subscriber }) => subscriber.impi === uri || subscriber.identities.some((each) => each.uri === uri),
  );
  return known && { id: known.subscriber.imsi, label: known.subscriber.name };
}

function partyAt(hop: SipHop): TraceParty {
  const known = (Object.keys(addresses) as BoxName[]).find((name) => addresses[name].host === hop.host);
  return known === undefined ? { node: 'other', id: hop.host, label: hop.host } : party(known);
}

function party(name: BoxName): TraceParty {
  const node = name === 'scscf2' ? 'scscf' : name === 'as2' ? 'as' : name === 'stranger' ? 'other' : name;
  return { node, id: node === name ? '' : name, label: labels[name] };
}
