import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { expect, it, describe as suite } from 'vitest';
import { areTwo, describe, forwardedFrom, peerOf } from './identity.ts';

const D = 'ims.mnc001.mcc001.3gppnetwork.org';
const alice: SubscriberView = {
  imsi: '001010000000001',
  impi: `001010000000001@${D}`,
  name: 'Alice',
  kind: 'user',
  authenticationScheme: 'Digest-AKAv1-MD5',
  number: '+15550001001',
  identities: [`sip:+15550001001@${D}`, 'tel:+15550001001', `sip:alice@${D}`],
  state: 'REGISTERED',
  serverName: '',
  taken: true,
};
const source = (...asserted: string[]) => ({
  getHeaders: (name: string) => (name === 'P-Asserted-Identity' ? asserted : []),
});

suite('the peer of a call', () => {
  it.each([
    [
      'name and number of P-Asserted-Identity',
      ['"Ali" <sip:+15550001001@x>, <tel:+15550001001>'],
      'Ali',
      '+1 555 000 1001',
    ],
    ['two lines of P-Asserted-Identity', [`<sip:alice@${D}>`, '<tel:+15550001001>'], 'Alice', '+1 555 000 1001'],
    ['a known identity without a name', [`<sip:+15550001001@${D};user=phone>`], 'Alice', '+1 555 000 1001'],
    ['a stranger’s number', ['<tel:+4930123456>'], '+4930123456', ''],
    ['a stranger’s name', ['<sip:zoe@lab.example>'], 'Zoe', ''],
    ['somebody who hides', ['<sip:anonymous@anonymous.invalid>'], 'Anonymous', ''],
  ])('is %s', (_, asserted, name, number) => {
    expect(peerOf(source(...asserted), '"Mallory" <sip:mallory@evil.example>;tag=1', [alice])).toEqual({
      name,
      number,
    });
  });

  it('is From only when the network asserted nothing', () => {
    expect(peerOf(source(), '"Zoe" <sip:zoe@lab.example>;tag=1', [alice]).name).toBe('Zoe');
  });

  it('survives a user part that is no percent-encoding', () => {
    expect(describe(['sip:100%@x'], '', []).name).toBe('100%');
  });
});

suite('who was called first', () => {
  const history = (...lines: string[]) => ({ getHeaders: (name: string) => (name === 'History-Info' ? lines : []) });

  it.each([
    ['of a call that was forwarded', [`<sip:alice@${D}>;index=1, <sip:carol@${D};cause=302>;index=1.1;mp=1`], 'Alice'],
    ['in two header lines', [`<tel:+15550001001>;index=1`, `<sip:carol@${D}>;index=1.1;mp=1`], 'Alice'],
    ['of a call that only found its phone', [`<sip:alice@${D}>;index=1, <sip:a@192.0.2.1>;index=1.1;rc=1`], undefined],
    ['without a history', [], undefined],
  ])('%s', (_, lines, name) => {
    expect(forwardedFrom(history(...lines), [alice])?.name).toBe(name);
  });

  it.each([
    ['two numbers', '+1 555 000 1001', '+1 555 000 1003', true],
    ['one number', '+1 555 000 1001', '+1 555 000 1001', false],
    ['a number and none', '+1 555 000 1001', '', false],
  ])('is somebody else by %s: %s, %s', (_, one, other, two) => {
    expect(areTwo({ name: 'A', number: one }, { name: 'B', number: other })).toBe(two);
  });
});
