import { describe, expect, it } from 'vitest';
import { request, response } from './build.ts';
import type { SipMessage } from './message.ts';
import {
  bodyText,
  callId,
  contacts,
  contentType,
  cseq,
  expires,
  fromOf,
  hasOption,
  header,
  headerValues,
  isStarContact,
  maxForwards,
  routes,
  tagOf,
  toOf,
  topVia,
  vias,
} from './read.ts';

const message = request(
  'INVITE',
  'sip:bob@example.com',
  [
    ['v', 'SIP/2.0/TCP one, SIP/2.0/UDP two'],
    ['Via', 'SIP/2.0/WS three'],
    ['f', '"A, A" <sip:alice@example.com>;tag=aa'],
    ['To', 'sip:bob@example.com'],
    ['i', 'call'],
    ['CSeq', '7 INVITE'],
    ['Max-Forwards', '69'],
    ['Expires', '30'],
    ['k', 'Path, 100rel'],
    ['Supported', 'gruu'],
    ['Route', '<sip:one;lr>,<sip:two;lr>'],
    ['Route', '<sip:three;lr>'],
    ['m', '<sip:alice@192.0.2.1>;expires=5'],
    ['Subject', 'a, b'],
    ['c', 'Application / SDP ; charset=x'],
  ],
  'v=ö',
);
const empty = request('OPTIONS', 'sip:a', []);

function withHeaders(...headers: [string, string][]): SipMessage {
  return request('REGISTER', 'sip:a', headers);
}

describe('reading a message', () => {
  it('finds values by any spelling of the name', () => {
    expect(header(message, 'Call-Id')).toBe('call');
    expect(header(message, 'I')).toBe('call');
    expect(header(message, 'X')).toBeUndefined();
    expect(callId(message)).toBe('call');
  });

  it('splits lists and nothing else', () => {
    expect(headerValues(message, 'Supported')).toEqual(['Path', '100rel', 'gruu']);
    expect(headerValues(message, 'Subject')).toEqual(['a, b']);
    expect(headerValues(withHeaders(['Accept', 'a,,b,']), 'Accept')).toEqual(['a', 'b']);
    expect(hasOption(message, 'k', 'PATH')).toBe(true);
    expect(hasOption(message, 'Require', 'path')).toBe(false);
  });

  it('gives typed values in order', () => {
    expect(topVia(message)?.host).toBe('one');
    expect(vias(message).map(({ host }) => host)).toEqual(['one', 'two', 'three']);
    expect(fromOf(message)?.displayName).toBe('A, A');
    expect(toOf(message)?.uriText).toBe('sip:bob@example.com');
    expect(tagOf(message, 'From')).toBe('aa');
    expect(tagOf(message, 'To')).toBe('');
    expect(cseq(message)).toEqual({ number: 7, method: 'INVITE' });
    expect(routes(message, 'Route').map(({ uriText }) => uriText)).toEqual([
      'sip:one;lr',
      'sip:two;lr',
      'sip:three;lr',
    ]);
    expect(contacts(message).map(({ uriText }) => uriText)).toEqual(['sip:alice@192.0.2.1']);
    expect(maxForwards(message)).toBe(69);
    expect(expires(message)).toBe(30);
    expect(contentType(message)).toBe('application/sdp');
    expect(bodyText(message)).toBe('v=ö');
  });

  it('takes what is not there as absent', () => {
    expect([topVia(empty), fromOf(empty), toOf(empty), cseq(empty), maxForwards(empty), expires(empty)]).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
    expect([callId(empty), tagOf(empty, 'From'), contentType(empty), bodyText(empty)]).toEqual(['', '', '', '']);
    expect([vias(empty), contacts(empty), routes(empty, 'Path')]).toEqual([[], [], []]);
  });

  it('takes what can not be parsed as absent', () => {
    const broken = withHeaders(['Via', 'x'], ['From', '<'], ['CSeq', 'x'], ['Contact', '<'], ['Route', '<']);
    expect([topVia(broken), fromOf(broken), cseq(broken)]).toEqual([undefined, undefined, undefined]);
    expect([vias(broken), contacts(broken), routes(broken, 'Route')]).toEqual([[], [], []]);
  });

  it.each([
    ['0', 0],
    ['4294967295', 4_294_967_295],
    ['4294967296', 3600],
    ['soon', 3600],
    ['-1', 3600],
  ])('reads Expires %j as %i seconds', (text, seconds) => {
    expect(expires(withHeaders(['Expires', text]))).toBe(seconds);
  });

  it.each([
    ['0', 0],
    ['0068', 68],
    ['255', 255],
    ['256', undefined],
    ['x', undefined],
  ])('reads Max-Forwards %j as %s', (text, value) => {
    expect(maxForwards(withHeaders(['Max-Forwards', text]))).toBe(value);
  });

  it('tells Contact: * from addresses', () => {
    expect(isStarContact(withHeaders(['Contact', '*']))).toBe(true);
    expect(contacts(withHeaders(['Contact', '*']))).toEqual([]);
    expect(isStarContact(message)).toBe(false);
  });

  it('reads a field that is a plain object too', () => {
    const fields = message.headers.map(({ name, key, value, offset, end }) => ({ name, key, value, offset, end }));
    expect(topVia({ ...message, headers: fields })?.host).toBe('one');
    expect(response({ ...message, headers: fields }, 180, { toTag: 'x' }).headers.length).toBe(7);
  });
});
