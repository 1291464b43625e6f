import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../../packages/ims-core/test/vectors/diameter.json' with { type: 'json' };
import { DiameterFramer, type Frame } from './framer.ts';

const messages = Object.values(vectors).map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
const stream = new Uint8Array(Buffer.concat(messages));

function framed(segments: readonly Uint8Array[]): Frame[] {
  const framer = new DiameterFramer();
  return segments.flatMap((segment) => [...framer.push(segment)]);
}

function kinds(...segments: Uint8Array[]): string[] {
  return framed(segments).map((frame) => frame.kind);
}

describe('the framer', () => {
  it('cuts the same messages out of a stream, whatever the segments', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 40 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const segments = edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
        const found = framed(segments).map((frame) => (frame.kind === 'message' ? frame.octets : undefined));
        expect(found).toEqual(messages);
      }),
    );
  });

  it('takes a stream octet by octet', () => {
    expect(framed(Array.from(stream, (octet) => Uint8Array.of(octet)))).toHaveLength(messages.length);
  });

  it.each<[string, number[]]>([
    ['another version', [2, 0, 0, 20]],
    ['a length below the header', [1, 0, 0, 16]],
    ['a length of 0', [1, 0, 0, 0]],
    ['a length that is no multiple of 4', [1, 0, 0, 22]],
    ['a length beyond 64 KiB', [1, 1, 0, 4]],
    ['garbage', [0x47, 0x45, 0x54, 0x20]],
  ])('ends the stream at %s, without losing the message before it', (_what, header) => {
    const first = messages[0] ?? new Uint8Array();
    const segment = new Uint8Array([...first, ...header, ...first]);
    expect(kinds(segment)).toEqual(['message', 'broken']);
    expect(kinds(segment, first)).toEqual(['message', 'broken']);
  });

  it('takes a message of exactly 64 KiB', () => {
    const longest = new Uint8Array(65_536);
    longest.set([1, 1, 0, 0]);
    expect(kinds(longest)).toEqual(['message']);
  });
});
