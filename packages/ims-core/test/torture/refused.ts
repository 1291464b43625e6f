import { accept, drop, message, reject, sdp, type TortureCase } from './case.ts';

const options = 'OPTIONS sip:bob@example.com SIP/2.0';
const invite = 'INVITE sip:bob@example.com SIP/2.0';
const register = 'REGISTER sip:example.com SIP/2.0';

/** RFC 4475 §3.1.2: not legal. */
export const refusedCases: readonly TortureCase[] = [
  {
    name: 'badinv01',
    clause: '3.1.2.1',
    oddity: 'semicolons and commas with nothing between them in Via and Contact',
    verdict: reject(400),
    bytes: message(invite, { Via: 'SIP/2.0/UDP 198.51.100.15;;,;,,', Contact: '"Al" <sip:al@example.net>;;;;' }, sdp),
  },
  {
    name: 'clerr',
    clause: '3.1.2.2',
    oddity: 'Content-Length larger than the datagram',
    verdict: reject(400),
    bytes: message(invite, { 'Content-Length': '9000' }, sdp),
  },
  {
    name: 'ncl',
    clause: '3.1.2.3',
    oddity: 'negative Content-Length',
    verdict: reject(400),
    bytes: message(invite, { 'Content-Length': '-42' }, sdp),
  },
  {
    name: 'scalar02',
    clause: '3.1.2.4',
    oddity: 'numbers of a request beyond their range',
    verdict: reject(400),
    bytes: message(register, {
      CSeq: '73786976294838206464 REGISTER',
      'Max-Forwards': '400',
      Expires: '9'.repeat(80),
      Contact: '<sip:alice@phone.example.net>;expires=399999999999999',
    }),
  },
  {
    name: 'scalarlg',
    clause: '3.1.2.5',
    oddity: 'numbers of a response beyond their range',
    verdict: drop,
    bytes: message('SIP/2.0 503 Service Unavailable', {
      CSeq: '8888888888888888888888 OPTIONS',
      'Retry-After': '777777777777777777777777',
    }),
  },
  {
    name: 'quotbal',
    clause: '3.1.2.6',
    oddity: 'quoted string that is not closed',
    verdict: reject(400),
    bytes: message(invite, { To: '"Bob B. <sip:bob@example.com>' }, sdp),
  },
  {
    name: 'ltgtruri',
    clause: '3.1.2.7',
    oddity: 'angle brackets around the Request-URI',
    verdict: reject(400),
    bytes: message('INVITE <sip:bob@example.com> SIP/2.0', {}, sdp),
  },
  {
    name: 'lwsruri',
    clause: '3.1.2.8',
    oddity: 'white space in the Request-URI',
    verdict: reject(400),
    bytes: message('INVITE sip:bob@example.com; lr SIP/2.0', {}, sdp),
  },
  {
    name: 'lwsstart',
    clause: '3.1.2.9',
    oddity: 'two spaces between the parts of the request line',
    verdict: reject(400),
    bytes: message('INVITE  sip:bob@example.com  SIP/2.0', {}, sdp),
  },
  {
    name: 'trws',
    clause: '3.1.2.10',
    oddity: 'spaces after the request line',
    verdict: reject(400),
    bytes: message('OPTIONS sip:bob@example.com SIP/2.0  '),
  },
  {
    name: 'escruri',
    clause: '3.1.2.11',
    oddity: 'headers in the Request-URI',
    verdict: reject(400),
    bytes: message('INVITE sip:bob@example.com?Route=%3Csip:example.net%3E SIP/2.0', {}, sdp),
  },
  {
    name: 'baddate',
    clause: '3.1.2.12',
    oddity: 'time zone other than GMT in Date',
    verdict: accept,
    afterwards: 'nobody reads the Date',
    bytes: message(invite, { Date: 'Sat, 02 Jan 2021 10:00:00 PST' }, sdp),
  },
  {
    name: 'regbadct',
    clause: '3.1.2.13',
    oddity: 'Contact URI with headers but without angle brackets',
    verdict: reject(400),
    bytes: message(register, { Contact: 'sip:alice@example.com?Route=%3Csip:x.example.com%3E' }),
  },
  {
    name: 'badaspec',
    clause: '3.1.2.14',
    oddity: 'spaces inside the angle brackets',
    verdict: reject(400),
    bytes: message(options, { To: '"Bob, B." < sip:bob@example.com >' }),
  },
  {
    name: 'baddn',
    clause: '3.1.2.15',
    oddity: 'comma in a display name without quotes',
    verdict: reject(400),
    bytes: message(options, { From: 'Alice, A. <sip:alice@example.net>;tag=43', To: 'Bob, B. <sip:bob@example.com>' }),
  },
  {
    name: 'badvers',
    clause: '3.1.2.16',
    oddity: 'unknown protocol version',
    verdict: reject(505),
    bytes: message('OPTIONS sip:bob@example.com SIP/9.0', { Via: 'SIP/9.0/UDP a.example.com;branch=z9hG4bKv' }),
  },
  {
    name: 'mismatch01',
    clause: '3.1.2.17',
    oddity: 'CSeq with another known method',
    verdict: reject(400),
    bytes: message(options, { CSeq: '8 INVITE' }),
  },
  {
    name: 'mismatch02',
    clause: '3.1.2.18',
    oddity: 'unknown method, CSeq with another one',
    verdict: reject(400),
    bytes: message('UNHEARD sip:bob@example.com SIP/2.0', { CSeq: '8 INVITE' }, sdp),
  },
  {
    name: 'bigcode',
    clause: '3.1.2.19',
    oddity: 'status code of more than three digits',
    verdict: drop,
    bytes: message('SIP/2.0 4294967396 wraps to 100', { CSeq: '4 INVITE' }),
  },
];
