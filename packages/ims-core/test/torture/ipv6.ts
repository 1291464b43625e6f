import { accept, message, reject, type TortureCase } from './case.ts';

/** What is read of a message that is taken, where the case is about it. */
export interface Ipv6Case extends TortureCase {
  readonly requestUri?: { readonly host: string; readonly port: number | undefined };
  /** `host port received` of each Via. */
  readonly vias?: readonly string[];
  /** Address of each media line. */
  readonly mediaAddresses?: readonly string[];
}

const phoneVia = { Via: 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKlab61' };
const invite = 'INVITE sip:bob@[2001:db8::20] SIP/2.0';

function sdpOf(connection: string, ...media: readonly string[]): string {
  return ['v=0', 'o=lab 7 7 IN IP6 2001:db8::20', 's=-', connection, 't=0 0', ...media, ''].join('\r\n');
}

/** RFC 5118 §4: what IPv6 addresses do to a SIP parser. */
export const ipv6Cases: readonly Ipv6Case[] = [
  {
    name: 'ipv6-good',
    clause: '4.1',
    oddity: 'IPv6 references in Request-URI, Via and Contact',
    verdict: accept,
    bytes: message('REGISTER sip:[2001:db8::10] SIP/2.0', { ...phoneVia, Contact: '<sip:alice@[2001:db8::1]>' }),
    requestUri: { host: '[2001:db8::10]', port: undefined },
  },
  {
    name: 'ipv6-bad',
    clause: '4.2',
    oddity: 'IPv6 address without brackets in the Request-URI',
    verdict: reject(400),
    bytes: message('REGISTER sip:2001:db8::10 SIP/2.0', phoneVia),
  },
  {
    name: 'port-ambiguous',
    clause: '4.3',
    oddity: 'what was meant as a port stands inside the brackets',
    verdict: accept,
    bytes: message('REGISTER sip:[2001:db8::10:5070] SIP/2.0', phoneVia),
    requestUri: { host: '[2001:db8::10:5070]', port: undefined },
  },
  {
    name: 'port-unambiguous',
    clause: '4.4',
    oddity: 'port after the brackets',
    verdict: accept,
    bytes: message('REGISTER sip:[2001:db8::10]:5070 SIP/2.0', phoneVia),
    requestUri: { host: '[2001:db8::10]', port: 5070 },
  },
  {
    name: 'via-received-param-with-delim',
    clause: '4.5',
    oddity: 'received with brackets, which the grammar does not have',
    verdict: accept,
    bytes: message('OPTIONS sip:bob@example.com SIP/2.0', {
      Via: 'SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKlab62',
    }),
    vias: ['[2001:db8::9:1] undefined [2001:db8::9:255]'],
  },
  {
    name: 'via-received-param-no-delim',
    clause: '4.5',
    oddity: 'received without brackets',
    verdict: accept,
    bytes: message('OPTIONS sip:bob@example.com SIP/2.0', {
      Via: 'SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKlab63',
    }),
    vias: ['[2001:db8::9:1] undefined 2001:db8::9:255'],
  },
  {
    name: 'ipv6-in-sdp',
    clause: '4.6',
    oddity: 'IPv6 addresses in the SDP',
    verdict: accept,
    bytes: message(
      invite,
      { ...phoneVia, Contact: '<sip:alice@[2001:db8::1]>' },
      sdpOf('c=IN IP6 2001:db8::20', 'm=audio 41000 RTP/AVP 0', 'm=video 41002 RTP/AVP 31'),
    ),
    mediaAddresses: ['2001:db8::20', '2001:db8::20'],
  },
  {
    name: 'mult-ip-in-header',
    clause: '4.7',
    oddity: 'addresses of both families in one message',
    verdict: accept,
    bytes: message(
      'BYE sip:bob@host.example.net SIP/2.0',
      { Via: 'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKlab64' },
      '',
      [
        'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKlab65',
        'Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bKlab66;received=[2001:db8::9:255]',
      ],
    ),
    vias: [
      '[2001:db8::9:1] 6050 undefined',
      '192.0.2.1 undefined undefined',
      '[2001:db8::9:255] undefined [2001:db8::9:255]',
    ],
  },
  {
    name: 'mult-ip-in-sdp',
    clause: '4.8',
    oddity: 'a media line of each address family',
    verdict: accept,
    bytes: message(
      invite,
      phoneVia,
      sdpOf(
        'c=IN IP6 2001:db8::20',
        'm=audio 41000 RTP/AVP 0',
        'm=video 41002 RTP/AVP 31',
        'c=IN IP4 192.0.2.20',
        'a=rtpmap:31 H261/90000',
      ),
    ),
    mediaAddresses: ['2001:db8::20', '192.0.2.20'],
  },
  {
    name: 'ipv4-mapped-ipv6',
    clause: '4.9',
    oddity: 'IPv4-mapped addresses in Via, Contact and SDP',
    verdict: accept,
    bytes: message(
      invite,
      {
        Via: 'SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKlab67',
        Contact: '"Desk" <sip:alice@[::ffff:192.0.2.2]>',
      },
      sdpOf('c=IN IP6 ::ffff:192.0.2.2', 'm=audio 41000 RTP/AVP 0'),
    ),
    vias: ['[::ffff:192.0.2.10] 19823 undefined'],
    mediaAddresses: ['::ffff:192.0.2.2'],
  },
  {
    name: 'ipv6-bug-abnf-3-colons',
    clause: '4.10',
    oddity: 'three colons, as the grammar of RFC 3261 makes them',
    verdict: accept,
    bytes: message('OPTIONS sip:bob@[2001:db8:::192.0.2.1] SIP/2.0', { To: '<sip:bob@[2001:db8:::192.0.2.1]>' }),
    requestUri: { host: '[2001:db8:::192.0.2.1]', port: undefined },
  },
  {
    name: 'ipv6-correct-abnf-2-colons',
    clause: '4.10',
    oddity: 'the same with two colons',
    verdict: accept,
    bytes: message('OPTIONS sip:bob@[2001:db8::192.0.2.1] SIP/2.0', { To: '<sip:bob@[2001:db8::192.0.2.1]>' }),
    requestUri: { host: '[2001:db8::192.0.2.1]', port: undefined },
  },
];
