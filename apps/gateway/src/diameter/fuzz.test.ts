import { createHss } from '@imslab/ims-core/nodes/hss/hss';
import type { CxResult } from '@imslab/ims-core/ports/cx-client';
import type { CxCommandPair } from '@imslab/ims-core/protocols/cx/command-pair';
import { lir } from '@imslab/ims-core/protocols/cx/lir';
import { mar } from '@imslab/ims-core/protocols/cx/mar';
import { sar } from '@imslab/ims-core/protocols/cx/sar';
import { uar } from '@imslab/ims-core/protocols/cx/uar';
import { parseUserData } from '@imslab/ims-core/protocols/cx/user-data';
import { answerHeader, type DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { traceDiameter } from '@imslab/ims-core/trace/diameter-event';
import { describe, expect, it } from 'vitest';
import { liveHeapOctets } from '../../../../packages/ims-core/test/fuzz/heap.ts';
import { Choices, fuzzRun, mutants, numberMutation } from '../../../../packages/ims-core/test/fuzz/mutate.ts';
import { createMemoryStore } from '../../../../packages/ims-core/test/kit/memory-store.ts';
import { SeededRandom } from '../../../../packages/ims-core/test/kit/seeded-random.ts';
import vectors from '../../../../packages/ims-core/test/vectors/diameter.json' with { type: 'json' };
import { decodeMessage, encodeMessage } from './codec.ts';
import { DiameterFramer } from './framer.ts';

const DEFAULT_COUNT = 200_000;
const HEAP_GROWTH_LIMIT_OCTETS = 16 * 1024 * 1024;
const CODES = { UAR: 300, SAR: 301, LIR: 302, MAR: 303 } as const;

type Serve = (message: DiameterMessage) => Promise<boolean>;

/** Reads a request, lets the HSS answer it, and reads the answer again; or reads an answer. */
function served<Request, Answer extends { readonly result: CxResult }>(
  pair: CxCommandPair<Request, Answer>,
  handle: (request: Request) => Promise<Answer>,
): Serve {
  return async (message) => {
    if (!message.request) {
      const reading = pair.decodeAnswer(message.avps);
      if (!reading.ok) return false;
      const { answer } = reading.value;
      if (typeof answer === 'object' && 'userData' in answer && typeof answer.userData === 'string') {
        parseUserData(answer.userData);
      }
      return true;
    }
    const reading = pair.decodeRequest(message.avps);
    if (!reading.ok) return false;
    const { sessionId } = reading.value.envelope;
    const answer = await handle(reading.value.request);
    const avps = pair.encodeAnswer(answer, { sessionId, originHost: 'hss.example.org', originRealm: 'example.org' });
    const { message: read } = decodeMessage(encodeMessage(answerHeader(message, false), avps));
    if (read === undefined || !pair.decodeAnswer(read.avps).ok) throw new Error('our own answer cannot be read');
    return true;
  };
}

/** Filled up to whole words, with a header that tells the true length: what is wrong is further inside. */
function withLength(mutant: Uint8Array): Uint8Array {
  const octets = new Uint8Array(Math.max(20, Math.ceil(mutant.length / 4) * 4));
  octets.set(mutant);
  octets.set([1, octets.length >> 16, (octets.length >> 8) & 0xff, octets.length & 0xff]);
  return octets;
}

describe('mutated Diameter messages', () => {
  it('are framed, checked, read and answered, or refused, and leave nothing behind', async () => {
    const { count, seed } = fuzzRun(DEFAULT_COUNT);
    const choices = new Choices(new SeededRandom(seed));
    const corpus = Object.values(vectors).map((text) => new Uint8Array(Buffer.from(text, 'hex')));
    const hss = createHss({ store: createMemoryStore(), random: new SeededRandom(3) });
    const serve = new Map<number, Serve>([
      [CODES.UAR, served(uar, (request) => hss.userAuthorization(request))],
      [CODES.LIR, served(lir, (request) => hss.locationInfo(request))],
      [CODES.MAR, served(mar, (request) => hss.multimediaAuth(request))],
      [CODES.SAR, served(sar, (request) => hss.serverAssignment(request))],
    ]);
    const totals = { made: 0, unframed: 0, refused: 0, read: 0, served: 0 };
    let before = 0;
    for (const mutant of mutants(corpus, choices, count, [numberMutation])) {
      const octets = choices.below(4) > 0 ? withLength(mutant) : mutant;
      if (totals.made === Math.min(10_000, Math.floor(count / 2))) before = liveHeapOctets();
      totals.made += 1;
      const framer = new DiameterFramer();
      const cut = choices.below(octets.length + 1);
      const frames = [...framer.push(octets.slice(0, cut)), ...framer.push(octets.slice(cut))];
      let isMessage = false;
      for (const frame of frames) {
        if (frame.kind === 'broken') continue;
        isMessage = true;
        const { layout, message } = decodeMessage(frame.octets);
        traceDiameter(layout, frame.octets.length, { showSecrets: false });
        if (message === undefined) totals.refused += 1;
        else if ((await serve.get(message.commandCode)?.(message)) === true) totals.served += 1;
        else totals.read += 1;
      }
      if (!isMessage) totals.unframed += 1;
    }
    console.info(
      `Diameter fuzz, seed ${seed}: ${totals.made} messages, ${totals.unframed} not framed, ${totals.refused} refused ` +
        `for their structure, ${totals.read} read, ${totals.served} read and served, none threw`,
    );
    expect(totals.made).toBe(count);
    expect(totals.served).toBeGreaterThan(count / 50);
    expect(totals.refused).toBeGreaterThan(count / 50);
    expect(liveHeapOctets() - before).toBeLessThan(HEAP_GROWTH_LIMIT_OCTETS);
  }, 120_000);
});
