import { mar } from '@imslab/ims-core/protocols/cx/mar';
import { avp } from '@imslab/ims-core/protocols/diameter/avp';
import { hexText } from '@imslab/ims-core/protocols/diameter/avp-types';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../packages/ims-core/test/kit/seeded-random.ts';
import vectors from '../../../../packages/ims-core/test/vectors/diameter.json' with { type: 'json' };
import { decodeMessage, encodeMessage } from './codec.ts';
import { DiameterFramer } from './framer.ts';

const ROUND_TRIPS = 20_000;
const MUTATIONS = Number(process.env['IMSLAB_DIAMETER_MUTATIONS'] ?? 20_000);
/** For a machine that has much else to do. */
const LONG_TEST_MS = 600_000;

const realm = 'ims.mnc001.mcc001.3gppnetwork.org';
const header = {
  request: false,
  proxiable: true,
  error: false,
  retransmitted: false,
  commandCode: 303,
  applicationId: 16_777_216,
  hopByHop: 1,
  endToEnd: 2,
};

function octetsOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function encoded(message: DiameterMessage): Uint8Array {
  return encodeMessage(message, message.avps);
}

function decoded(octets: Uint8Array): DiameterMessage {
  const { message, layout } = decodeMessage(octets);
  if (message === undefined) throw new Error(layout.error?.text ?? 'not decoded');
  return message;
}

describe('the Diameter codec', () => {
  it.each(Object.entries(vectors))('decodes %s and encodes it to the same octets', (_name, hex) => {
    expect(hexText(encoded(decoded(octetsOf(hex))))).toBe(hex);
  });

  it(
    `brings ${ROUND_TRIPS} random MAAs back octet by octet, whatever is in the keys`,
    () => {
      const random = new SeededRandom(7);
      let zeros = 0;
      for (let round = 0; round < ROUND_TRIPS; round += 1) {
        const [items = 0, authorizationOctets = 0] = random.bytes(2);
        const authDataItems = Array.from({ length: 1 + (items % 3) }, (_, index) => ({
          itemNumber: index + 1,
          authenticationScheme: 'Digest-AKAv1-MD5' as const,
          authenticate: random.bytes(32),
          authorization: random.bytes(4 + (authorizationOctets % 13)),
          confidentialityKey: random.bytes(16),
          integrityKey: random.bytes(16),
        }));
        const answer = { result: { vendor: 0, code: 2001 }, userName: `u@${realm}`, authDataItems };
        const avps = mar.encodeAnswer(answer, { sessionId: `s;${round};1`, originHost: 'hss', originRealm: realm });
        const octets = encoded({ ...header, avps });
        const message = decoded(octets);
        const reading = mar.decodeAnswer(message.avps);
        zeros += authDataItems[0]?.authorization.includes(0) === true ? 1 : 0;
        if (!reading.ok) throw new Error(reading.problem.text);
        if (Buffer.compare(encoded(message), octets) !== 0) throw new Error(`round ${round} changed its octets`);
        if (round % 100 === 0) expect(reading.value.answer).toEqual(answer);
      }
      expect(zeros).toBeGreaterThan(100);
    },
    LONG_TEST_MS,
  );

  it('keeps an AVP that nobody knows, octet by octet and with its M bit', () => {
    const foreign = {
      code: 9_999,
      vendor: 4_242,
      mandatory: false,
      type: 'OctetString',
      value: Uint8Array.of(0, 255),
    } as const;
    const { avps } = decoded(encoded({ ...header, avps: [foreign] }));
    expect(avps).toEqual([foreign]);
  });

  it('keeps an M bit that the table would set otherwise', () => {
    const odd = { ...avp('User-Name', 'a'), mandatory: false };
    expect(decoded(encoded({ ...header, avps: [odd] })).avps).toEqual([odd]);
  });

  it('keeps the AVPs of 3GPP apart from those of RFC 4740 with the same names', () => {
    const octets = encoded({ ...header, avps: [avp('SIP-Auth-Data-Item', [])] });
    expect(hexText(octets.subarray(20))).toBe('00000264c000000c000028af');
  });

  it('never sets the P bit', () => {
    for (const hex of Object.values(vectors)) {
      const { layout } = decodeMessage(encoded(decoded(octetsOf(hex))));
      expect(layout.avps.some((each) => each.protected)).toBe(false);
    }
  });

  it('refuses a value of the wrong format before an octet is made', () => {
    const wrong = { code: 1, vendor: 0, mandatory: true, type: 'Unsigned32', value: 7 } as const;
    expect(() => encoded({ ...header, avps: [wrong] })).toThrow(TypeError);
  });

  it('refuses a message beyond 64 KiB', () => {
    const avps = [avp('User-Data', new Uint8Array(65_536))];
    expect(() => encoded({ ...header, avps })).toThrow(RangeError);
  });

  it('carries raw octets in Failed-AVP', () => {
    const broken = octetsOf('0000000140ffffff');
    expect(decoded(encoded({ ...header, avps: [avp('Failed-AVP', broken)] })).avps[0]?.value).toEqual(broken);
  });

  it(
    `neither throws nor hangs on ${MUTATIONS} mutated messages`,
    () => {
      const random = new SeededRandom(11);
      const originals = Object.values(vectors).map(octetsOf);
      let refused = 0;
      for (let round = 0; round < MUTATIONS; round += 1) {
        const message = mutate(originals[round % originals.length] ?? new Uint8Array(), random);
        for (const frame of new DiameterFramer().push(message)) {
          if (frame.kind === 'broken') {
            refused += 1;
            continue;
          }
          const { layout, message: read } = decodeMessage(frame.octets);
          if (layout.error !== undefined) refused += 1;
          else if (read === undefined) throw new Error('neither read nor refused');
          else if (encoded(read).length !== frame.octets.length) throw new Error(`round ${round} changed its length`);
        }
      }
      expect(refused).toBeGreaterThan(MUTATIONS / 4);
      expect(refused).toBeLessThan(MUTATIONS);
    },
    LONG_TEST_MS,
  );
});

/** One to four changed octets, most of them where lengths, codes and flags stand; sometimes a cut or doubled end. */
function mutate(original: Uint8Array, random: SeededRandom): Uint8Array {
  const octets = original.slice();
  const [count = 0, tail = 0] = random.bytes(2);
  for (let change = 0; change <= count % 4; change += 1) {
    const [high = 0, low = 0, value = 0, kind = 0] = random.bytes(4);
    const at = kind < 200 ? 20 + ((high * 256 + low) % (octets.length - 20)) : low % 20;
    octets[at] = kind % 3 === 0 ? value : kind % 3 === 1 ? 0 : (octets[at] ?? 0) ^ (1 << (value % 8));
  }
  if (tail < 16) return octets.subarray(0, octets.length - 4 * (1 + (tail % 8)));
  return octets;
}
