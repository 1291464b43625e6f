import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { expect, it, describe as suite } from 'vitest';
import { describe, peerOf } from './identity.ts';

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
