import { beforeEach, describe, expect, it } from 'vitest';
import { LateAnswers } from './late-answers.ts';
import { headerLines, startLine } from './sip-text.ts';

const HEAD = ['From: <sip:alice@lab.example>;tag=a', 'Call-ID: call-1'];
const requestOf = (method: string, { toTag = '', cseq = 7 } = {}) =>
  [`${method} sip:bob@lab.example SIP/2.0`, ...HEAD, toOf(toTag), `CSeq: ${cseq} ${method}`, '', ''].join('\r\n');
const toOf = (tag: string) => `To: <sip:bob@lab.example>${tag === '' ? '' : `;tag=${tag}`}`;
const answer = (toTag: string, status = '200 OK', cseq = '7 INVITE') =>
  [
    `SIP/2.0 ${status}`,
    'Via: SIP/2.0/WS page.invalid;branch=z9hG4bKinvite;received=127.0.0.1',
    'Record-Route: <sip:far.example;lr>, <sip:near.example;lr>',
    'Record-Route: <sip:token@pcscf.example;transport=ws;lr>',
    ...HEAD,
    toOf(toTag),
    `CSeq: ${cseq}`,
    'Contact: "Bob" <sip:bob@phone.example;transport=tcp>;expires=5',
    '',
    '',
  ].join('\r\n');

let answers: LateAnswers;
let given: string[];
let ids: number;
beforeEach(() => {
  ids = 0;
  given = [];
  answers = new LateAnswers(() => `${++ids}`);
});

/** What the UE sends when this comes; JsSIP says `says` to it at once. */
const receive = (text: string, ...says: readonly string[]) =>
  answers.received(text, () => {
    given.push(text);
    for (const one of says) answers.sent(one);
  });
const methods = (sent: readonly string[]) => sent.map((text) => startLine(text).split(' ', 1)[0]);

describe('an answer that crossed the CANCEL', () => {
  beforeEach(() => {
    answers.sent(requestOf('INVITE'));
    answers.sent(requestOf('CANCEL'));
  });

  it('is acknowledged and hung up over the route set of its dialog', () => {
    const [ack, bye, ...others] = receive(answer('b'));
    expect([given, others]).toEqual([[answer('b')], []]);
    const within = (method: string, branch: number, cseq: number) =>
      [
        `${method} sip:bob@phone.example;transport=tcp SIP/2.0`,
        `Via: SIP/2.0/WS page.invalid;branch=z9hG4bK${branch}`,
        'Max-Forwards: 70',
        'Route: <sip:token@pcscf.example;transport=ws;lr>',
        'Route: <sip:near.example;lr>',
        'Route: <sip:far.example;lr>',
        'From: <sip:alice@lab.example>;tag=a',
        'To: <sip:bob@lab.example>;tag=b',
        'Call-ID: call-1',
        `CSeq: ${cseq} ${method}`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
    expect([ack, bye]).toEqual([within('ACK', 1, 7), within('BYE', 2, 8)]);
  });

  it('is hung up once, however often it comes', () => {
    expect([methods(receive(answer('b'))), methods(receive(answer('b')))]).toEqual([['ACK', 'BYE'], ['ACK']]);
  });

  it('is left to JsSIP when JsSIP sees to it', () => {
    const ack = requestOf('ACK', { toTag: 'b' });
    expect(receive(answer('b'), ack, requestOf('BYE', { toTag: 'b', cseq: 8 }))).toEqual([]);
    expect(receive(answer('b'), ack)).toEqual([]);
  });

  it('is hung up for each phone that answered', () => {
    expect(methods(receive(answer('b')))).toEqual(['ACK', 'BYE']);
    const second = receive(answer('c'));
    expect(second.map((text) => headerLines(text, 'To')[0])).toEqual(Array(2).fill('<sip:bob@lab.example>;tag=c'));
  });
});

describe('an answer to a call that was not cancelled', () => {
  beforeEach(() => answers.sent(requestOf('INVITE')));

  it('is JsSIP’s, and so are its repetitions', () => {
    expect([receive(answer('b')), receive(answer('b'))]).toEqual([[], []]);
    expect(given).toHaveLength(2);
  });

  it('is hung up when it is the second phone’s, and JsSIP does not see it', () => {
    receive(answer('b'));
    expect(methods(receive(answer('c')))).toEqual(['ACK', 'BYE']);
    expect(given).toEqual([answer('b')]);
  });

  it('does not make a re-INVITE of the call a new one', () => {
    receive(answer('b'));
    answers.sent(requestOf('INVITE', { toTag: 'b', cseq: 8 }));
    answers.sent(requestOf('CANCEL', { toTag: 'b', cseq: 8 }));
    expect(receive(answer('b', '200 OK', '8 INVITE'))).toEqual([]);
  });
});

it.each([
  ['180', answer('b', '180 Ringing')],
  ['487', answer('b', '487 Request Terminated')],
  ['200 to the CANCEL', answer('b', '200 OK', '7 CANCEL')],
  ['200 without a To tag', answer('')],
  ['200 to an INVITE that nobody sent', answer('b', '200 OK', '9 INVITE')],
  ['a request', requestOf('INVITE', { toTag: 'x' })],
])('takes no part in %s', (_name, text) => {
  answers.sent(requestOf('INVITE'));
  answers.sent(requestOf('CANCEL'));
  expect(receive(text)).toEqual([]);
  expect(given).toEqual([text]);
});

it('remembers the latest calls only', () => {
  const ofCall = (text: string, n: number) => text.replace('call-1', `call-${n}`);
  for (let n = 1; n <= 33; n += 1) {
    answers.sent(ofCall(requestOf('INVITE'), n));
    answers.sent(ofCall(requestOf('CANCEL'), n));
  }
  expect(receive(ofCall(answer('b'), 1))).toEqual([]);
  expect(methods(receive(ofCall(answer('b'), 2)))).toEqual(['ACK', 'BYE']);
});
