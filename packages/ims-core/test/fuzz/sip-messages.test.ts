import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../src/protocols/sdp/parse.ts';
import { parseAuth } from '../../src/protocols/sip/auth-params.ts';
import { SipStreamFramer } from '../../src/protocols/sip/framer.ts';
import type { SipMessage } from '../../src/protocols/sip/message.ts';
import { parseMessage } from '../../src/protocols/sip/parse.ts';
import {
  bodyText,
  callId,
  contacts,
  contentType,
  cseq,
  expires,
  fromOf,
  headerValues,
  isStarContact,
  maxForwards,
  routes,
  tagOf,
  toOf,
  topVia,
  vias,
} from '../../src/protocols/sip/read.ts';
import { serializeMessage } from '../../src/protocols/sip/serialize.ts';
import { canonicalIdentity, sameUri } from '../../src/protocols/sip/uri.ts';
import { SeededRandom } from '../kit/seeded-random.ts';
import { liveHeapOctets } from './heap.ts';
import { Choices, fuzzRun, mutants } from './mutate.ts';
import { sipCorpus, sipMutations } from './sip-corpus.ts';

const DEFAULT_COUNT = 200_000;
const TRANSPORTS = ['datagram', 'stream', 'websocket'] as const;
/** What the engine itself may keep: compiled code and inline caches, but nothing that grows with the number of messages. */
const HEAP_GROWTH_LIMIT_OCTETS = 16 * 1024 * 1024;

/** Asks a message everything that a box asks. */
function readAll(message: SipMessage): void {
  for (const [name] of [['From'], ['To']] as const) tagOf(message, name);
  for (const name of ['Route', 'Record-Route', 'Path', 'Service-Route'] as const) routes(message, name);
  for (const value of headerValues(message, 'Authorization')) parseAuth(value);
  const [first, second] = contacts(message);
  if (first !== undefined && second !== undefined) sameUri(first.uri, second.uri);
  if (message.kind === 'request') canonicalIdentity(message.uri);
  fromOf(message);
  toOf(message);
  topVia(message);
  vias(message);
  callId(message);
  cseq(message);
  isStarContact(message);
  maxForwards(message);
  expires(message);
  if (contentType(message) === 'application/sdp') parseSdp(bodyText(message));
}

/** Every header field but Content-Length, which is written anew. */
function fields({ headers }: SipMessage): string {
  return headers.flatMap(({ key, name, value }) => (key === 'content-length' ? [] : [`${name}: ${value}`])).join('\n');
}

describe('mutated SIP messages', () => {
  it('are taken or refused, mean the same when they are written anew, and leave nothing behind', async () => {
    const { count, seed } = fuzzRun(DEFAULT_COUNT);
    const choices = new Choices(new SeededRandom(seed));
    const corpus = await sipCorpus();
    const totals = { accepted: 0, answered: 0, dropped: 0 };
    let stream = new SipStreamFramer();
    let before = 0;
    let made = 0;
    for (const octets of mutants(corpus, choices, count, sipMutations)) {
      if (made === Math.min(10_000, Math.floor(count / 2))) before = liveHeapOctets();
      made += 1;
      const parsed = parseMessage(octets, { transport: choices.of(TRANSPORTS) });
      if (parsed.ok) {
        totals.accepted += 1;
        readAll(parsed.value);
        const { raw: _raw, ...changed } = parsed.value;
        const again = parseMessage(serializeMessage(changed), { transport: 'stream' });
        if (!again.ok) throw new Error(`${again.error.text}, written anew from ${new TextDecoder().decode(octets)}`);
        if (fields(again.value) !== fields(parsed.value)) throw new Error(`fields differ: ${fields(parsed.value)}`);
      } else if (parsed.answer === undefined) totals.dropped += 1;
      else {
        totals.answered += 1;
        expect(parsed.answer.status).toBeGreaterThanOrEqual(400);
      }
      const cut = choices.below(octets.length + 1);
      for (const chunk of [octets.subarray(0, cut), octets.subarray(cut)]) {
        if (stream.push(chunk).some(({ kind }) => kind === 'error')) stream = new SipStreamFramer();
      }
    }
    console.info(
      `SIP fuzz, seed ${seed}: ${made} messages, ${totals.accepted} taken, ${totals.answered} refused with an answer, ` +
        `${totals.dropped} dropped, none threw`,
    );
    expect(made).toBe(count);
    expect(totals.accepted).toBeGreaterThan(count / 20);
    expect(totals.answered + totals.dropped).toBeGreaterThan(count / 20);
    expect(liveHeapOctets() - before).toBeLessThan(HEAP_GROWTH_LIMIT_OCTETS);
  }, 120_000);
});
