import { describe, expect, it } from 'vitest';
import { request } from './build.ts';
import { DiversionCause, diversionsIn, divertedHistory, divertedTo, historyInfo } from './history-info.ts';
import { parseUri, serializeUri, type Uri } from './uri.ts';

const BOB = 'sip:bob@ims.example';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (!parsed.ok) throw new Error(parsed.error.text);
  return parsed.value;
}

const withHistory = (...values: readonly string[]) =>
  request(
    'INVITE',
    BOB,
    values.map((value) => ['History-Info', value] as const),
  );

describe('History-Info', () => {
  it('is read from all lines, and what is no entry is left out', () => {
    const message = withHistory(
      `<${BOB}>;index=1, <sip:carol@ims.example;cause=302>;index=1.1;mp=1`,
      '<sip:dave@ims.example>',
      '<sip:erin@ims.example>;index=one',
      '<tel:+15550001006;cause=486>;index=1.1.1;mp=1.1',
    );
    const history = historyInfo(message);
    expect(history.map(({ index }) => index)).toEqual(['1', '1.1', '1.1.1']);
    expect(history.map(({ address }) => address.uriText)).toEqual([
      BOB,
      'sip:carol@ims.example;cause=302',
      'tel:+15550001006;cause=486',
    ]);
    expect(diversionsIn(history)).toBe(2);
    expect(historyInfo(withHistory())).toEqual([]);
  });

  it.each([
    ['sip:carol@ims.example', 'sip:carol@ims.example;cause=486'],
    ['sip:carol@ims.example;cause=302;user=phone', 'sip:carol@ims.example;cause=486;user=phone'],
    ['tel:+15550001003', 'tel:+15550001003;cause=486'],
  ])('has the cause in the URI of the new target %s', (target, diverted) => {
    expect(serializeUri(divertedTo(uri(target), DiversionCause.Busy))).toBe(diverted);
  });

  it.each<[string, readonly string[], string, number | undefined, string]>([
    ['begins with the target that is left', [], BOB, undefined, `<${BOB}>;index=1, <sip:c@x>;index=1.1;mp=1`],
    [
      'tells the response of the target that is left',
      [],
      BOB,
      486,
      `<${BOB}?Reason=SIP%3Bcause%3D486>;index=1, <sip:c@x>;index=1.1;mp=1`,
    ],
    [
      'has no room for a response beside a number',
      [],
      'tel:+15550001002',
      486,
      '<tel:+15550001002>;index=1, <sip:c@x>;index=1.1;mp=1',
    ],
    [
      'goes on after the last entry',
      [`<sip:a@x>;index=1, <${BOB};cause=302>;index=1.1;mp=1`],
      BOB,
      408,
      `<sip:a@x>;index=1, <${BOB};cause=302?Reason=SIP%3Bcause%3D408>;index=1.1;mp=1, <sip:c@x>;index=1.1.1;mp=1.1`,
    ],
  ])('of a diverted request %s', (_what, before, requestUri, status, after) => {
    expect(divertedHistory(historyInfo(withHistory(...before)), { requestUri, status }, uri('sip:c@x'))).toBe(after);
  });
});
