import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/protocols/sip/parse.ts';
import { cseq, fromOf, header, headerValues, maxForwards, tagOf, vias } from '../../src/protocols/sip/read.ts';
import { expectPage } from '../kit/docs-page.ts';
import { acceptedCases } from './accepted.ts';
import { ipv6Cases } from './ipv6.ts';
import { laterStepCases } from './later-steps.ts';
import { torturePage } from './page.ts';
import { refusedCases } from './refused.ts';
import { verdictOf } from './verdict.ts';

const cases = [...acceptedCases, ...refusedCases, ...laterStepCases];

describe('the torture cases of RFC 4475', () => {
  it('are all 49, each once', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(49);
    expect(cases).toHaveLength(49);
  });

  it.each(cases)('$name ($clause): $oddity', ({ bytes, verdict }) => {
    expect(verdictOf(bytes)).toEqual(verdict);
  });

  it('reads every part of wsinv through its folds and spaces', () => {
    const parsed = parseMessage(cases.find(({ name }) => name === 'wsinv')?.bytes ?? new Uint8Array(0));
    if (!parsed.ok) {
      throw new Error(parsed.error.text);
    }
    const message = parsed.value;
    expect(tagOf(message, 'To')).toBe('4455bobs');
    expect(fromOf(message)?.displayName).toBe('Alice \\"');
    expect(maxForwards(message)).toBe(55);
    expect(cseq(message)).toEqual({ number: 3, method: 'INVITE' });
    expect(vias(message).map(({ transport, host }) => `${transport} ${host}`)).toEqual([
      'UDP 198.51.100.2',
      'TCP relay.example.com',
      'UDP 198.51.100.111',
    ]);
    expect(header(message, 'headernobodyknows')).toBe('starts here ends here');
    expect(headerValues(message, 'Subject')).toEqual(['']);
  });

  it('keeps only the first request of dblreq', () => {
    const parsed = parseMessage(cases.find(({ name }) => name === 'dblreq')?.bytes ?? new Uint8Array(0));
    expect(parsed.ok && parsed.value.kind === 'request' && parsed.value.method).toBe('REGISTER');
    expect(parsed.ok && parsed.value.body.length).toBe(0);
  });
});

describe('docs/torture.md', () => {
  it('shows both tables as they are (npm run docs writes it)', () => {
    expectPage('../torture.md', torturePage([...cases, ...ipv6Cases]));
  });
});

const folder = process.env['IMSLAB_TORTURE_DIR'];

if (folder !== undefined) {
  describe('the exact messages of RFC 4475', () => {
    it.each(cases)('$name', ({ name, verdict }) => {
      expect(verdictOf(readFileSync(join(folder, `${name}.dat`)))).toEqual(verdict);
    });
  });
}
