import { ImsLab } from '../kit/ims-lab.ts';
import { acceptedCases } from '../torture/accepted.ts';
import { ipv6Cases } from '../torture/ipv6.ts';
import { laterStepCases } from '../torture/later-steps.ts';
import { refusedCases } from '../torture/refused.ts';
import { insertions, lineMutation } from './mutate.ts';

/** Every message of a registration, a call and a de-registration on every hop, and the torture cases. */
export async function sipCorpus(): Promise<readonly Uint8Array[]> {
  const lab = await ImsLab.start();
  const alice = lab.phone('Alice');
  const bob = lab.phone('Bob');
  await alice.register();
  await bob.register();
  await alice.invite(bob.impu);
  await bob.respond(180);
  await bob.respond(200);
  await alice.hangUp();
  await alice.register(0);
  const messages = lab.core.network.packets.map(({ bytes }) => bytes);
  await lab.close();
  const torture = [...acceptedCases, ...refusedCases, ...laterStepCases, ...ipv6Cases];
  return [...messages, ...torture.map(({ bytes }) => bytes)];
}

/** What SIP's grammar is made of, in places where it does not belong. */
export const sipMutations = [
  lineMutation,
  insertions([
    '\r\n',
    '\r\n\r\n',
    '\r\n ',
    '\0',
    '"',
    '\\"',
    '<',
    '>',
    ';',
    ',',
    ':',
    '@',
    '%',
    '%00',
    '=',
    ' ',
    '\t',
    '(',
    '[::1]',
    'sip:',
    'tel:+',
    ';lr',
    ';tag=1',
    ';branch=z9hG4bK',
    '4294967296',
    '-1',
    '99999999999999999999',
    'Content-Length: 0\r\n',
    'Content-Length: 70000\r\n',
    'Route: <sip:pcscf.ims.mnc001.mcc001.3gppnetwork.org;lr>\r\n',
    'Contact: *\r\n',
    'Expires: 0\r\n',
    'Max-Forwards: 0\r\n',
    'Require: path\r\n',
    'é',
    '\u{1F4DE}',
  ]),
] as const;
