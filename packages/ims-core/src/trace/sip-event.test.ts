import { describe, expect, it } from 'vitest';
import type { SipOnWire } from '../ports/trace-sink.ts';
import { request, response } from '../protocols/sip/build.ts';
import type { SipMessage } from '../protocols/sip/message.ts';
import { serializeMessage } from '../protocols/sip/serialize.ts';
import type { TraceParty, TraceSip } from './event.ts';
import { traceSip } from './sip-event.ts';

const box: TraceParty = { node: 'other', id: '', label: 'box' };

const onWire = { kind: 'sip', from: box, to: box, transport: 'TCP', cause: 3, changes: [], time: 1 } as const;

function tracedOctets(octets: Uint8Array): TraceSip {
  return traceSip({ ...onWire, octets }, false);
}

function traced(message: SipMessage): TraceSip {
  return tracedOctets(serializeMessage(message));
}

const register = (headers: readonly (readonly [string, string])[] = [], body = '') =>
  request(
    'REGISTER',
    'sip:ims.example',
    [
      ['Via', 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1'],
      ['From', '"Alice" <sip:alice@ims.example>;tag=f1'],
      ['To', '<sip:alice@ims.example>'],
      ['Call-ID', 'c1'],
      ['CSeq', '7 REGISTER'],
      ...headers,
    ],
    body,
  );

describe('the trace event of a SIP message', () => {
  it('holds what the ladder groups and names by', () => {
    const vector = ['P-Charging-Vector', 'icid-value="abc-1";orig-ioi=ims.example'] as const;
    expect(traced(register([vector, ['Content-Type', 'application/sdp']], 'v=0\r\n'))).toMatchObject({
      transport: 'TCP',
      method: 'REGISTER',
      status: 0,
      requestUri: 'sip:ims.example',
      callId: 'c1',
      cseq: '7 REGISTER',
      fromUri: 'sip:alice@ims.example',
      toUri: 'sip:alice@ims.example',
      fromTag: 'f1',
      toTag: '',
      icid: 'abc-1',
      sdp: true,
      aka: '',
      retransmission: false,
    });
    expect(traced(response(register(), 403, { toTag: 't1' }))).toMatchObject({
      method: 'REGISTER',
      status: 403,
      reason: 'Forbidden',
      requestUri: '',
      toTag: 't1',
      sdp: false,
    });
  });

  const marks: readonly { name: string; message: SipMessage; mark: TraceSip['aka'] }[] = [
    {
      name: 'a 401 with an AKA challenge',
      message: response(register(), 401, {
        headers: [['WWW-Authenticate', 'Digest realm="d", nonce="n", algorithm=AKAv1-MD5']],
      }),
      mark: 'challenge',
    },
    {
      name: 'a 401 with an MD5 challenge',
      message: response(register(), 401, { headers: [['WWW-Authenticate', 'Digest nonce="n", algorithm=MD5']] }),
      mark: '',
    },
    {
      name: 'a REGISTER with a response',
      message: register([['Authorization', 'Digest username="a", response="6629fae49393a05397450978507c4ef1"']]),
      mark: 'response',
    },
    {
      name: 'a first REGISTER, whose response is empty',
      message: register([['Authorization', 'Digest username="a", nonce="", response=""']]),
      mark: '',
    },
    {
      name: 'a REGISTER with AUTS',
      message: register([['Authorization', 'Digest username="a", response="", auts="5PYxMuX2NOT2jQ=="']]),
      mark: 'auts',
    },
  ];

  it.each(marks)('marks $name as "$mark"', ({ message, mark }) => {
    expect(traced(message).aka).toBe(mark);
  });

  it('hides CK and IK of a challenge and nothing else', () => {
    const challenge =
      'Digest realm="d", nonce="bm9uY2U=", algorithm=AKAv1-MD5, ck="00112233445566778899aabbccddeeff", ik=ffeeddccbbaa';
    const raw = traced(
      response(register(), 401, {
        headers: [
          ['WWW-Authenticate', challenge],
          ['X-Other', 'ck="0011"'],
        ],
      }),
    ).raw;
    expect(raw).not.toContain('00112233445566778899aabbccddeeff');
    expect(raw).not.toContain('ffeeddccbbaa');
    expect(raw).toContain('nonce="bm9uY2U="');
    expect(raw).toContain('ck="********", ik=********');
    expect(raw).toContain('X-Other: ck="0011"');
  });

  it('shows a message that no box would take, as far as it can be read', () => {
    const text =
      'SIP/2.0 400 Bad Request\r\nv: SIP/2.0/UDP x;branch=z9hG4bK1\r\nno header\r\nFROM : <<<\r\nCall-ID:\r\n c1\r\nCSeq: 7 REGISTER\r\n';
    expect(tracedOctets(new TextEncoder().encode(text))).toMatchObject({
      method: 'REGISTER',
      status: 400,
      reason: 'Bad Request',
      callId: 'c1',
      cseq: '7 REGISTER',
      fromUri: '',
      sdp: false,
      raw: text,
    });
  });

  it('hides CK and IK also where the challenge is folded and its name is odd', () => {
    const text = 'SIP/2.0 401 Unauthorized\nwww-authenticate : Digest nonce="n",\n\tck="00112233",\n ik="44556677"\n\n';
    expect(tracedOctets(new TextEncoder().encode(text)).raw).toBe(
      text.replace('00112233', '********').replace('44556677', '********'),
    );
  });

  it('hides CK and IK also in what a box says it changed', () => {
    const change = {
      op: 'remove',
      name: 'WWW-Authenticate',
      before: 'Digest nonce="n", ck="0011", ik="2233"',
      why: '',
    } as const;
    const other = { op: 'add', name: 'X-Other', after: 'ck="0011"', why: '' } as const;
    const octets = serializeMessage(response(register(), 401));
    const message: SipOnWire = { ...onWire, octets, changes: [change, other] };
    expect(traceSip(message, false).changes).toEqual([
      { ...change, before: 'Digest nonce="n", ck="********", ik="********"' },
      other,
    ]);
  });
});
