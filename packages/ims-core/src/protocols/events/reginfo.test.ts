import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_REGINFO_LENGTH, parseRegInfo } from './parse-reginfo.ts';
import { buildRegInfo, contactEvents, contactStates, type RegInfo, registrationStates } from './reginfo.ts';

/** Text that XML can carry, with all that has to be escaped. */
const text = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '<', '>', '&', '"', "'", '%', ';', '=', 'é', '😀') });
const word = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '<', '&', '"', '@', ':'), minLength: 1 });
const seconds = fc.nat({ max: 4_294_967_295 });

const contact = fc.record(
  {
    uri: word,
    id: word,
    state: fc.constantFrom(...contactStates),
    event: fc.constantFrom(...contactEvents),
    expiresS: seconds,
    retryAfterS: seconds,
    q: fc.constantFrom(0, 0.5, 1),
    callId: word,
    cseq: seconds,
    displayName: word,
    unknownParams: fc.array(fc.record({ name: word, value: text }), { maxLength: 4 }),
  },
  { requiredKeys: ['uri', 'id', 'state', 'event', 'unknownParams'] },
);

const regInfo: fc.Arbitrary<RegInfo> = fc.record({
  version: seconds,
  state: fc.constantFrom('full', 'partial'),
  registrations: fc.array(
    fc.record({
      aor: word,
      id: word,
      state: fc.constantFrom(...registrationStates),
      contacts: fc.array(contact, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});

/** Of RFC 3680, in our own words: another writer's namespace prefix, order of attributes, and elements that we do not know. */
const foreign = `<?xml version="1.0"?>
<r:reginfo xmlns:r="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" state="full" version="7">
  <r:registration state="active" aor="sip:carol@example.net" id="a">
    <r:contact event="registered" id="1" state="active" duration-registered="12" expires="60" q="0.8" unheard-of="1">
      <r:uri>sip:carol@198.51.100.7:5062</r:uri>
      <r:display-name xml:lang="en">Carol &amp; Co</r:display-name>
      <r:unknown-param name="audio"/>
      <r:unknown-param name="+sip.instance">&quot;&lt;urn:uuid:1&gt;&quot;</r:unknown-param>
      <gr:pub-gruu uri="sip:carol@example.net;gr=1"/>
    </r:contact>
  </r:registration>
  <r:registration aor="tel:+1555" id="b" state="init"/>
</r:reginfo>`;

describe('a reginfo document', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(regInfo, (info) => {
        expect(parseRegInfo(buildRegInfo(info))).toEqual({ ok: true, value: info });
      }),
    );
  });

  it('of somebody else is read, without what RFC 3680 does not know', () => {
    expect(parseRegInfo(foreign)).toEqual({
      ok: true,
      value: {
        version: 7,
        state: 'full',
        registrations: [
          {
            aor: 'sip:carol@example.net',
            id: 'a',
            state: 'active',
            contacts: [
              {
                uri: 'sip:carol@198.51.100.7:5062',
                id: '1',
                state: 'active',
                event: 'registered',
                expiresS: 60,
                q: 0.8,
                displayName: 'Carol & Co',
                unknownParams: [
                  { name: 'audio', value: '' },
                  { name: '+sip.instance', value: '"<urn:uuid:1>"' },
                ],
              },
            ],
          },
          { aor: 'tel:+1555', id: 'b', state: 'init', contacts: [] },
        ],
      },
    });
  });

  it('carries no character that XML has no way to carry', () => {
    const info: RegInfo = {
      version: 0,
      state: 'full',
      registrations: [{ aor: 'sip:\u0000\u000b\ufffe@x', id: 'r1', state: 'init', contacts: [] }],
    };
    expect(buildRegInfo(info)).toContain('aor="sip:\ufffd\ufffd\ufffd@x"');
  });

  const registration = (inner: string): string =>
    `<reginfo version="0" state="full"><registration aor="sip:a" id="r" state="active">${inner}</registration></reginfo>`;

  it.each([
    ['that is not XML', 'hello', 'REGINFO_XML'],
    ['that does not end', '<reginfo version="0" state="full">', 'REGINFO_XML'],
    ['with a document type', '<!DOCTYPE a [<!ENTITY b "c">]><reginfo version="0" state="full"/>', 'REGINFO_XML'],
    [
      'longer than is read',
      `<reginfo version="0" state="full">${' '.repeat(MAX_REGINFO_LENGTH)}</reginfo>`,
      'REGINFO_TOO_LONG',
    ],
    ['with another root', '<presence/>', 'REGINFO_SCHEMA'],
    ['without a version', '<reginfo state="full"/>', 'REGINFO_SCHEMA'],
    ['with a version that is no number', '<reginfo version="-1" state="full"/>', 'REGINFO_SCHEMA'],
    ['neither full nor partial', '<reginfo version="0" state="some"/>', 'REGINFO_SCHEMA'],
    [
      'with a contact without URI',
      registration('<contact id="c" state="active" event="registered"/>'),
      'REGINFO_SCHEMA',
    ],
    [
      'with an unknown event',
      registration('<contact id="c" state="active" event="born"><uri>a</uri></contact>'),
      'REGINFO_SCHEMA',
    ],
    [
      'with a contact that is begun',
      registration('<contact id="c" state="init" event="created"><uri>a</uri></contact>'),
      'REGINFO_SCHEMA',
    ],
  ])('%s is refused with its code', (_what, xml, code) => {
    expect(parseRegInfo(xml)).toMatchObject({ ok: false, error: { code, reference: 'RFC 3680 §5' } });
  });

  it('makes nothing throw, whatever it holds', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'reginfo',
      'contact',
      ' id="',
      '"',
      '&',
      ';',
      '&#0;',
      '<!--',
      ']]>',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        expect(parseRegInfo(parts.join('')).ok).toBe(false);
      }),
    );
  });
});
