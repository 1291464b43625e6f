import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SdpDescription, SdpDirection } from './description.ts';
import { checkAnswer, checkNewOffer, narrowDirection, reverseDirection } from './offer-answer.ts';
import { MAX_MEDIA_LINES, parseSdp } from './parse.ts';
import { chosenCodecs, commonCodecs, relayedCodecs } from './relayed-codecs.ts';
import { writeCoreSdp, writeWebrtcSdp } from './write.ts';

const lines = (...text: string[]) => `${text.join('\r\n')}\r\n`;

const FINGERPRINT = Array.from({ length: 32 }, () => 'A1').join(':');

/** The shape of Chromium's offer: attributes at the media line. */
const CHROMIUM = lines(
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:Ab3d',
  'a=ice-pwd:0123456789abcdefghijklmn',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=sendrecv',
  'a=msid:- 5c9ab1b0',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:1001 cname:left',
  'a=ssrc:1001 msid:- 5c9ab1b0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=rtpmap:96 VP8/90000',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
);

/** The shape of Firefox's offer: fingerprint at the session, other numbers, fmtp of events. */
const FIREFOX = lines(
  'v=0',
  'o=mozilla...THIS_IS_SDPARTA-99.0 6275921853 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=sendrecv',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=group:BUNDLE 0',
  'a=ice-options:trickle',
  'a=msid-semantic:WMS *',
  'm=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101',
  'c=IN IP4 0.0.0.0',
  'a=sendrecv',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level',
  'a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1',
  'a=fmtp:101 0-15',
  'a=ice-pwd:fedcba9876543210fedcba9876543210',
  'a=ice-ufrag:12345678',
  'a=mid:0',
  'a=rtcp-mux',
  'a=rtpmap:109 opus/48000/2',
  'a=rtpmap:9 G722/8000/1',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000/1',
  'a=setup:actpass',
  'a=ssrc:2002 cname:{right}',
);

/** A SIP phone without rtpmaps for its static payload types. */
const PHONE = lines(
  'v=0',
  'o=phone 1 1 IN IP4 192.0.2.5',
  's=call',
  'c=IN IP4 192.0.2.5',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 8 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
);

function parsed(text: string): SdpDescription {
  const result = parseSdp(text);
  if (!result.ok) throw new Error(result.error.text);
  return result.value;
}

const names = (text: string) => {
  const [audio] = parsed(text).media;
  return audio ? relayedCodecs(audio).map((codec) => `${codec.payloadType} ${codec.name}/${codec.clockRate}`) : [];
};

describe('parseSdp', () => {
  it.each([
    [
      'Chromium',
      CHROMIUM,
      ['111 opus/48000', '0 PCMU/8000', '8 PCMA/8000', '110 telephone-event/48000', '126 telephone-event/8000'],
    ],
    ['Firefox', FIREFOX, ['109 opus/48000', '0 PCMU/8000', '8 PCMA/8000', '101 telephone-event/8000']],
    ['a SIP phone', PHONE, ['0 PCMU/8000', '8 PCMA/8000', '101 telephone-event/8000']],
  ])('finds the codecs that the relay passes on in the offer of %s', (_name, text, codecs) => {
    expect(names(text)).toEqual(codecs);
  });

  it('reads what the relay needs of the transport, at the media line or at the session', () => {
    for (const [text, usernameFragment, ssrc] of [
      [CHROMIUM, 'Ab3d', 1001],
      [FIREFOX, '12345678', 2002],
    ] as const) {
      expect(parsed(text).media[0]).toMatchObject({
        mid: '0',
        direction: 'sendrecv',
        ice: { usernameFragment },
        fingerprint: { algorithm: 'sha-256', value: FINGERPRINT },
        setup: 'actpass',
        ssrcs: [ssrc],
        rejected: false,
      });
    }
  });

  it('takes the address of the session where the media line has none', () => {
    expect(parsed(PHONE).media[0]).toMatchObject({ address: '192.0.2.5', port: 40_000, ptime: 20, ice: undefined });
  });

  it('tells a rejected line from one that is bundle-only', () => {
    const rejected = CHROMIUM.replace('m=video 9', 'm=video 0');
    expect(parsed(rejected).media[1]?.rejected).toBe(true);
    expect(parsed(rejected.replace('a=mid:1', 'a=mid:1\r\na=bundle-only')).media[1]?.rejected).toBe(false);
  });

  it.each([
    ['nothing', '', 'SDP_PARSE_VERSION', 0],
    ['another version', lines('v=1'), 'SDP_PARSE_VERSION', 0],
    ['a line without =', lines('v=0', 'garbage'), 'SDP_PARSE_LINE', 5],
    ['o= without an address', lines('v=0', 'o=- 1 1 IN IP4'), 'SDP_PARSE_ORIGIN', 5],
    ['no o=', lines('v=0'), 'SDP_PARSE_ORIGIN', 5],
    ['m= without a port', lines('v=0', 'o=- 1 1 IN IP4 h', 'm=audio x RTP/AVP 0'), 'SDP_PARSE_MEDIA', 23],
    ['a port above 65535', lines('v=0', 'o=- 1 1 IN IP4 h', 'm=audio 65536 RTP/AVP 0'), 'SDP_PARSE_MEDIA', 23],
    [
      'more media lines than allowed',
      lines('v=0', 'o=- 1 1 IN IP4 h', ...Array.from({ length: MAX_MEDIA_LINES + 1 }, () => 'm=audio 1 RTP/AVP 0')),
      'SDP_PARSE_LIMIT',
      23 + MAX_MEDIA_LINES * 21,
    ],
  ])('refuses %s with a code and the place', (_name, text, code, offset) => {
    expect(parseSdp(text)).toMatchObject({ ok: false, error: { code, offset } });
  });

  it('never throws, whatever the bytes', () => {
    const line = fc.constantFrom(...CHROMIUM.split('\r\n'), ...PHONE.split('\r\n'));
    const anything = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(line, fc.string())).map((all) => lines(...all)),
    );
    fc.assert(fc.property(anything, (text) => typeof parseSdp(text).ok === 'boolean'));
  });
});

describe('offer and answer', () => {
  const directions: SdpDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

  it.each([
    ['sendrecv', 'recvonly', 'recvonly'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['inactive', 'sendrecv', 'inactive'],
  ] as const)('narrows the answer to %s that says %s to %s', (offered, answered, holds) => {
    expect(narrowDirection(offered, answered)).toBe(holds);
  });

  it('gives the same flow back when a direction is reversed twice', () => {
    expect(directions.map((direction) => reverseDirection(reverseDirection(direction)))).toEqual(directions);
    expect(reverseDirection('sendonly')).toBe('recvonly');
  });

  it('refuses an answer with another number or kind of media lines', () => {
    expect(checkAnswer(parsed(CHROMIUM), parsed(CHROMIUM))).toBeUndefined();
    expect(checkAnswer(parsed(CHROMIUM), parsed(FIREFOX))?.reference).toBe('RFC 3264 §6');
    expect(checkAnswer(parsed(FIREFOX), parsed(FIREFOX.replace('m=audio', 'm=video')))?.reference).toBe('RFC 3264 §6');
  });

  it('lets a new offer add media lines and refuses one that drops some', () => {
    expect(checkNewOffer(parsed(FIREFOX), parsed(CHROMIUM))).toBeUndefined();
    expect(checkNewOffer(parsed(CHROMIUM), parsed(FIREFOX))?.reference).toBe('RFC 3264 §8');
  });

  it('chooses the first voice codec of the answer and keeps the events', () => {
    const offered = relayedCodecs(parsed(CHROMIUM).media[0]!);
    const chosen = (text: string) =>
      chosenCodecs(commonCodecs(relayedCodecs(parsed(text).media[0]!), offered)).map((codec) => codec.payloadType);
    expect(chosen(CHROMIUM.replace('111 63 9 0 8 13 110 126', '8 0 111 126'))).toEqual([8, 126]);
    // Firefox's 109 is nobody's number here, its PCMU is.
    expect(chosen(FIREFOX)).toEqual([0]);
    expect(chosen(CHROMIUM.replace('111 63 9 0 8 13 110 126', '110 126'))).toEqual([]);
  });
});

describe('the written SDPs', () => {
  const origin = { sessionId: '17', sessionVersion: 2, address: '127.0.0.1' };
  const codec = fc.record({
    payloadType: fc.integer({ min: 96, max: 127 }),
    name: fc.constantFrom('opus', 'PCMU', 'telephone-event'),
    clockRate: fc.constantFrom(8000, 48_000),
    channels: fc.constantFrom(1, 2),
    fmtp: fc.constantFrom('', '0-15', 'minptime=10;useinbandfec=1'),
    feedback: fc.constant([]),
  });
  const line = fc.record({
    codecs: fc.uniqueArray(codec, { minLength: 1, maxLength: 6, selector: ({ payloadType }) => payloadType }),
    direction: fc.constantFrom<SdpDirection>('sendrecv', 'sendonly', 'recvonly', 'inactive'),
    port: fc.integer({ min: 1, max: 65_535 }),
    ptime: fc.constantFrom(undefined, 20),
  });

  it('say to a phone what went in, and nothing of WebRTC', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (all) => {
        const media = all.map((one) => ({ ...one, refused: false as const, kind: 'audio', protocol: 'RTP/AVP' }));
        const text = writeCoreSdp({ origin, media });
        expect(text).not.toMatch(/a=(ice|candidate|fingerprint|setup|group|mid|extmap|ssrc|msid|rtcp-)/);
        expect(parsed(text).media).toMatchObject(all.map((one) => ({ ...one, address: '127.0.0.1', rejected: false })));
      }),
    );
  });

  it('say to a browser what went in, on one transport', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (all) => {
        const media = all.map(({ codecs, direction, ptime }, index) => ({
          refused: false as const,
          kind: 'audio',
          protocol: 'UDP/TLS/RTP/SAVPF',
          mid: String(index),
          codecs,
          direction,
          ptime,
          extensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }],
          source: { ssrc: 77, cname: 'c', streamId: 's', trackId: 't' },
        }));
        const text = writeWebrtcSdp({
          origin,
          ice: { usernameFragment: 'user', password: 'a-password-of-22-or-more' },
          candidates: [{ foundation: 'f', protocol: 'udp', priority: 9, address: '127.0.0.1', port: 30_000 }],
          fingerprint: { algorithm: 'sha-256', value: FINGERPRINT },
          setup: 'actpass',
          media,
        });
        expect(text).toContain(`a=group:BUNDLE ${media.map(({ mid }) => mid).join(' ')}\r\n`);
        expect(parsed(text).media).toMatchObject(
          media.map(({ codecs, direction, mid, extensions }) => ({
            codecs,
            direction,
            mid,
            extensions,
            port: 30_000,
            ssrcs: [77],
          })),
        );
      }),
    );
  });

  it('keep a refused line in its place, out of BUNDLE', () => {
    const refused = { refused: true as const, kind: 'video', protocol: 'UDP/TLS/RTP/SAVPF', formats: ['96'], mid: 'v' };
    const text = writeWebrtcSdp({
      origin,
      ice: { usernameFragment: 'user', password: 'a-password-of-22-or-more' },
      candidates: [],
      fingerprint: { algorithm: 'sha-256', value: FINGERPRINT },
      setup: 'passive',
      media: [refused],
    });
    expect(text).not.toContain('BUNDLE');
    expect(parsed(text).media).toMatchObject([{ kind: 'video', rejected: true, mid: 'v', formats: ['96'] }]);
  });
});
