import { describe, expect, it } from 'vitest';
import type { SipFlow, SipHop, SipTransport } from '../../src/ports/sip-transport.ts';
import { tcpHop } from '../kit/core-lab.ts';
import { ImsLab } from '../kit/ims-lab.ts';
import { ScriptedUe } from '../kit/scripted-ue.ts';
import { SeededRandom } from '../kit/seeded-random.ts';
import { liveHeapOctets } from './heap.ts';
import { Choices, fuzzRun, mutants } from './mutate.ts';
import { sipCorpus, sipMutations } from './sip-corpus.ts';

const DEFAULT_COUNT = 40_000;
const WEB_SOCKET: SipHop = { transport: 'WS', host: '192.0.2.1', port: 8080 };
const BURST = 200;
/** A browser sends fewer than the 50 requests a second that the P-CSCF allows each UE. */
const BETWEEN_MESSAGES_MS = 25;
/** Longer than timer C and every transaction after it. */
const AFTER_A_BURST_MS = 260_000;
/** Longer than a registration (3600 s) and everything after it. */
const LONG_ENOUGH_MS = 8_000_000;
const HEAP_GROWTH_LIMIT_OCTETS = 16 * 1024 * 1024;

function transportOf(transport: SipTransport): SipTransport {
  return {
    listening: transport.listening,
    start: (handler) => transport.start(handler),
    openFlow: (hop) => transport.openFlow(hop),
    flowTo: (hop) => transport.flowTo(hop),
    flowById: (id) => transport.flowById(id),
    close: () => transport.close(),
  };
}

/** The lab forgets what its network and trace recorded: only the boxes' own memory is watched. */
function forget(lab: ImsLab, phones: readonly ScriptedUe[]): void {
  for (const phone of phones) phone.forget();
  lab.core.network.packets.length = 0;
  lab.core.trace.forget();
  for (const peer of lab.core.peers.values()) peer.received.length = 0;
}

describe('the boxes of the lab under mutated SIP messages', () => {
  it('fail on none, stay up for their users, and forget everything', async () => {
    const { count, seed } = fuzzRun(DEFAULT_COUNT);
    const choices = new Choices(new SeededRandom(seed));
    const corpus = await sipCorpus();
    const lab = await ImsLab.start();
    const { clock, network } = lab.core;
    const alice = lab.phone('Alice');
    const bob = lab.phone('Bob');

    // Mutants come from a page that is nobody's phone, from Carol's own phone, and from a box of the core that went mad.
    const page = network.node([], '127.0.0.1');
    const madPhone = network.node([], '127.0.0.1');
    const madBox = network.node([], tcpHop('icscf').host);
    for (const each of [page, madBox]) await each.start({ message: () => {} });
    let carolReads = true;
    const carol = new ScriptedUe('Carol', {
      // It reads while it registers; the answers to its mutants may be as odd as they are.
      transport: () => ({
        ...transportOf(madPhone),
        start: ({ message }) => madPhone.start({ message: (flow, bytes) => carolReads && message(flow, bytes) }),
      }),
      pcscf: WEB_SOCKET,
      settle: () => lab.core.settle(),
    });
    const targets: readonly (readonly [SipTransport, SipHop])[] = [
      [page, WEB_SOCKET],
      [madPhone, WEB_SOCKET],
      [madPhone, WEB_SOCKET],
      [madBox, tcpHop('pcscf')],
      [madBox, tcpHop('icscf')],
      [madBox, tcpHop('scscf')],
    ];

    const failures: string[] = [];
    let before = 0;
    let made = 0;
    for (const octets of mutants(corpus, choices, count, sipMutations)) {
      if (made % BURST === 0) {
        await alice.register();
        await bob.register();
        carolReads = true;
        await carol.register();
        carolReads = false;
      }
      if (made === Math.floor(count / 2)) before = liveHeapOctets();
      made += 1;
      const [transport, hop] = choices.of(targets);
      const flow: SipFlow = await transport.flowTo(hop);
      flow.send(octets);
      await clock.advance(BETWEEN_MESSAGES_MS);
      if (made % BURST === 0) {
        await clock.advance(AFTER_A_BURST_MS);
        for (const event of lab.events) {
          if (event.kind === 'note' && event.note.code === 'SIP_HANDLER_FAILED') failures.push(event.note.text);
        }
        forget(lab, [alice, bob, carol]);
      }
    }
    expect(failures).toEqual([]);
    expect(lab.core.errors).toEqual([]);

    // Others noticed nothing: a call still works.
    await alice.register();
    await bob.register();
    const call = await alice.invite(bob.impu);
    await bob.respond(200);
    expect(call.final?.status).toBe(200);
    await alice.hangUp();
    await alice.register(0);
    await bob.register(0);
    await clock.advance(LONG_ENOUGH_MS);
    expect(lab.pcscf.registrations()).toEqual([]);
    expect(lab.pcscf.calls()).toEqual([]);
    forget(lab, [alice, bob, carol]);
    expect(liveHeapOctets() - before).toBeLessThan(HEAP_GROWTH_LIMIT_OCTETS);
    console.info(`SIP boxes fuzz, seed ${seed}: ${made} messages to P-, I- and S-CSCF, no procedure failed`);
    await lab.close();
    expect(clock.pending).toBe(0);
  }, 240_000);
});
