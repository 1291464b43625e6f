import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detached, keptOrDetached } from './detached.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';

function address(text: string): NameAddr {
  const parsed = parseNameAddr(text);
  return parsed.ok ? parsed.value : expect.fail(parsed.error.text);
}

describe('what is kept of a message that comes anew', () => {
  const text = '"Alice" <sip:alice@192.0.2.1:5060;transport=tcp>;reg-id=1;+sip.instance="<urn:uuid:1>"';
  const kept = detached(address(text));

  it('stays as it is when the message says the same', () => {
    expect(keptOrDetached(kept, address(text))).toBe(kept);
  });

  it.each([
    ['another user', text.replace('alice@', 'bob@')],
    ['no port', text.replace(':5060', '')],
    ['one parameter more', `${text};q=0.5`],
    ['one parameter less', text.replace(';reg-id=1', '')],
    ['another value', text.replace('reg-id=1', 'reg-id=2')],
    ['no display name', text.replace('"Alice" ', '')],
  ])('is replaced by %s', (_what, changed) => {
    expect(keptOrDetached(kept, address(changed))).toEqual(detached(address(changed)));
  });

  it('says what the message says, whatever was kept before', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (before, now) => {
        expect(JSON.stringify(keptOrDetached<object>(detached<object>(before), now))).toBe(
          JSON.stringify(keptOrDetached<object>(undefined, now)),
        );
      }),
    );
  });
});
