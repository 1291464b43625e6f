import { RESTORATION_BODY } from '@imslab/ims-core/protocols/sip/restoration';
import { describe, expect, it, vi } from 'vitest';
import { aliceSim, FakeWebSocket, MemoryStorage } from '../../test/fake-pcscf.ts';
import { AkaSocket } from './aka-socket.ts';
import { insertCard } from './card.ts';

function anOpenSocket(url = 'ws://localhost:8080/sip') {
  const sent: string[] = [];
  const wire = new FakeWebSocket((text) => sent.push(text));
  const onChallenge = vi.fn();
  const onGrant = vi.fn();
  const onRestoration = vi.fn();
  const open = vi.fn(() => wire);
  const socket = new AkaSocket({
    url,
    card: insertCard(aliceSim, new MemoryStorage()),
    instanceId: 'mine',
    cnonce: () => '0a4f113b',
    onChallenge,
    onGrant,
    onRestoration,
    open,
  });
  const given: unknown[] = [];
  socket.ondata = (data) => given.push(data);
  socket.connect();
  wire.opened();
  return { socket, wire, sent, given, onChallenge, onGrant, onRestoration, open };
}

const challenge = (algorithm: string, nonce: string) =>
  [
    'SIP/2.0 401 Unauthorized',
    'CSeq: 1 REGISTER',
    `WWW-Authenticate: Digest realm="x", nonce="${nonce}", algorithm=${algorithm}, qop="auth"`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

describe('the AKA socket', () => {
  it('opens with the subprotocol sip and names its transport', () => {
    const { socket, open } = anOpenSocket();
    expect(open).toHaveBeenCalledWith('ws://localhost:8080/sip', 'sip');
    expect([socket.via_transport, socket.sip_uri]).toEqual(['WS', 'sip:localhost:8080;transport=ws']);
    expect(anOpenSocket('wss://lab.example/sip').socket.via_transport).toBe('WSS');
  });

  it('reports the end of the flow, but not the end that JsSIP itself asked for', () => {
    const lost = anOpenSocket();
    lost.socket.ondisconnect = vi.fn();
    lost.wire.drop();
    expect(lost.socket.ondisconnect).toHaveBeenCalledWith(true, 1006, '');
    expect(lost.socket.send('x')).toBe(false);
    const left = anOpenSocket();
    left.socket.ondisconnect = vi.fn();
    left.socket.disconnect();
    left.wire.drop();
    expect(left.socket.ondisconnect).not.toHaveBeenCalled();
  });

  it.each([
    [
      'name-addr',
      'From: "Zoe \\"Z\\"" <tel:+15550009;phone-context=x>;tag=1',
      'From: "Zoe \\"Z\\"" <sip:+15550009@D;user=phone>;tag=1',
    ],
    ['addr-spec', 'f: tel:+15550009;tag=1', 'f: <sip:+15550009@D;user=phone>;tag=1'],
    ['a SIP URI', 'To: <sip:zoe@x>;tag=2', 'To: <sip:zoe@x>;tag=2'],
  ])('writes a tel: URI of an incoming request as a SIP URI: %s', (_, before, after) => {
    const { wire, given } = anOpenSocket();
    wire.deliver(`INVITE sip:u@x.invalid SIP/2.0\r\n${before}\r\nContent-Length: 13\r\n\r\nFrom: tel:+1\n`);
    expect(given).toEqual([
      `INVITE sip:u@x.invalid SIP/2.0\r\n${after.replace('D', aliceSim.domain)}\r\nContent-Length: 13\r\n\r\nFrom: tel:+1\n`,
    ]);
  });

  it('reads binary frames as text', () => {
    const { wire, given } = anOpenSocket();
    const bytes = new TextEncoder().encode('OPTIONS sip:ü SIP/2.0\r\n\r\n');
    wire.deliver(bytes.buffer);
    expect(given).toEqual(['OPTIONS sip:ü SIP/2.0\r\n\r\n']);
  });

  it.each([
    ['another algorithm', challenge('MD5', 'abc'), []],
    ['a nonce that is too short', challenge('AKAv1-MD5', 'abcd'), ['unusable', 'AKAv1-MD5']],
    ['a header that is none', 'SIP/2.0 401 Unauthorized\r\nCSeq: 1 REGISTER\r\nWWW-Authenticate: "\r\n\r\n', []],
    ['no header at all', 'SIP/2.0 401 Unauthorized\r\nCSeq: 1 REGISTER\r\n\r\n', []],
  ])('passes a challenge on that is not for the card: %s', (_, text, kinds) => {
    const { wire, given, onChallenge, socket, sent } = anOpenSocket();
    wire.deliver(text);
    expect(given).toEqual([text]);
    expect(onChallenge.mock.calls.flat()).toEqual(kinds);
    const register = 'REGISTER sip:x SIP/2.0\r\nAuthorization: Digest as it was\r\n\r\n';
    socket.send(register);
    expect(sent).toEqual([register]);
  });

  it.each([
    ['the S-CSCF of its Service-Route', {}, 1],
    ['somebody who does not know its Service-Route', { asserted: '<sip:orig-2@scscf.lab.example;lr>' }, 0],
    ['nobody', { asserted: '' }, 0],
    ['another body', { body: RESTORATION_BODY.replace('initial-registration', 'emergency-registration') }, 0],
    ['another type', { type: 'text/xml' }, 0],
    ['another status', { status: '500 Server Internal Error' }, 0],
    ['an answer to a REGISTER', { method: 'REGISTER' }, 0],
  ])('hears that it has to register anew from %s', (_, change, times) => {
    const { wire, given, onRestoration } = anOpenSocket();
    const route = '<sip:orig-1@scscf.lab.example;lr>';
    wire.deliver(`SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\nService-Route: ${route}\r\n\r\n`);
    const { asserted, body, type, status, method } = {
      ...{ asserted: route, body: RESTORATION_BODY, type: 'application/3gpp-ims+xml' },
      ...{ status: '504 Server Time-out', method: 'INVITE' },
      ...change,
    };
    const text = `SIP/2.0 ${status}\r\nCSeq: 1 ${method}\r\nP-Asserted-Identity: ${asserted}\r\nContent-Type: ${type}\r\n\r\n${body}`;
    wire.deliver(text);
    expect(onRestoration).toHaveBeenCalledTimes(times);
    expect(given.at(-1)).toBe(text);
  });

  it('acknowledges and hangs up a call whose answer crossed its CANCEL', () => {
    const { wire, sent, given, socket } = anOpenSocket();
    const head = 'From: <sip:a@x>;tag=a\r\nCall-ID: c';
    socket.send(`INVITE sip:b@x SIP/2.0\r\n${head}\r\nTo: <sip:b@x>\r\nCSeq: 1 INVITE\r\n\r\n`);
    socket.send(`CANCEL sip:b@x SIP/2.0\r\n${head}\r\nTo: <sip:b@x>\r\nCSeq: 1 CANCEL\r\n\r\n`);
    const answer = `SIP/2.0 200 OK\r\nVia: SIP/2.0/WS p.invalid;branch=z9hG4bK1\r\n${head}\r\nTo: <sip:b@x>;tag=b\r\nCSeq: 1 INVITE\r\nContact: <sip:b@y>\r\n\r\n`;
    wire.deliver(answer);
    expect(given).toEqual([answer]);
    expect(sent.slice(2).map((text) => text.split('\r\n', 1)[0])).toEqual([
      'ACK sip:b@y SIP/2.0',
      'BYE sip:b@y SIP/2.0',
    ]);
  });

  it('shows JsSIP an MD5 challenge, and marks the second one of a chain stale', () => {
    const { wire, given, socket } = anOpenSocket();
    const nonce = btoa('0'.repeat(32));
    const shown = () => /WWW-Authenticate: (.*)\r\n/.exec(String(given.at(-1)))?.[1];
    const md5 = `Digest realm="${aliceSim.domain}", nonce="${nonce}", algorithm=MD5, qop="auth"`;
    wire.deliver(challenge('AKAv1-MD5', nonce));
    expect(shown()).toBe(md5);
    socket.send('REGISTER sip:x SIP/2.0\r\nAuthorization: a\r\n\r\n');
    wire.deliver(challenge('AKAv1-MD5', nonce));
    expect(shown()).toBe(`${md5}, stale=true`);
    socket.send('REGISTER sip:x SIP/2.0\r\nAuthorization: a\r\n\r\n');
    socket.send('REGISTER sip:x SIP/2.0\r\nAuthorization: empty\r\n\r\n');
    wire.deliver(challenge('AKAv1-MD5', nonce));
    expect(shown()).toBe(md5);
  });
});
