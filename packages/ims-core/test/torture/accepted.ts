import { accept, message, octets, sdp, type TortureCase } from './case.ts';

const encoder = new TextEncoder();

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const unusualMethod = "~odd.Method-12_*+`%it's!";
const long = (word: string): string => word.repeat(40);

/** RFC 4475 §3.1.1: legal, however strange. */
export const acceptedCases: readonly TortureCase[] = [
  {
    name: 'wsinv',
    clause: '3.1.1.1',
    oddity: 'folds, odd white space, escapes, compact and unknown headers, Vias in one line and in two',
    verdict: accept,
    bytes: octets(
      [
        'INVITE sip:bob@tower.example.org;mystery SIP/2.0',
        'TO :',
        ' sip:bob@tower.example.org ;   tag    = 4455bobs',
        'from   : "Alice \\\\\\""       <sip:alice@example.net>',
        '  ;',
        '  tag = 11al',
        'mAX-forWARDS: 0055',
        'Call-ID: wsinv.lab@198.51.100.1',
        `Content-Length   : ${sdp.length}`,
        'cseq: 0003',
        '  INVITE',
        'Via  : SIP  /   2.0',
        ' /UDP',
        '    198.51.100.2;branch=withoutcookie',
        's :',
        'HeaderNobodyKnows:   starts here',
        ' ends here',
        'HeaderOfSeparators: ;;,,;;,;',
        'Content-Type: application/sdp',
        'Route:',
        ' <sip:edge.example.com;lr;foo=bar;flag>',
        'v:  SIP  / 2.0  / TCP     relay.example.com   ;',
        '  branch  =   z9hG4bKone  ,',
        ' SIP  /    2.0   / UDP  198.51.100.111   ; branch=',
        ' z9hG4bKtwo',
        'm:"Say \\"Alice\\"" <sip:alice@example.net> ; unknown =',
        '      value ;',
        '  another ; q = 0.25',
      ],
      sdp,
    ),
  },
  {
    name: 'intmeth',
    clause: '3.1.1.2',
    oddity: 'a method, URI, display name and parameter with every character that is allowed there',
    verdict: accept,
    afterwards: 'a proxy forwards it, a UAS answers 501 or 405',
    bytes: message(
      `${unusualMethod} sip:0_odd.User~(is-it!not)&x=1+y$/why?,/;;*:&no+one=knows,this!*$~pa_ss.(w)@example.com SIP/2.0`,
      {
        Via: "SIP/2.0/TCP a.example.com;branch=z9hG4bK-.!%66*_+`'~",
        To: '"\\\u0007 \\\u0000 \\\u007f" <sip:0_odd.User~(is-it!not)&x=1+y$/why?,/;;*@example.com>',
        From: "one~` two'+_ three*%!.- <sip:plain@example.com>;fromParam''~+*_!.-%=\"слово\";tag=_t~1'+`*%!-.",
        'Call-ID': 'odd.%ZK-!.*_+\'@call`~)(><:\\/"][?}{',
        "Xtra-!.%*+_`'~": '\ufefe漢字',
      },
    ),
  },
  {
    name: 'esc01',
    clause: '3.1.1.3',
    oddity: '% escapes in user parts and parameters',
    verdict: accept,
    bytes: message(
      'INVITE sip:sip%3Abob%40inner.example.com@example.com SIP/2.0',
      {
        To: 'sip:%62o%62@example.com',
        From: '<sip:two%20words@example.net>;tag=9',
        Contact: '<sip:al%69ce@phone.example.net;%6C%72;p%61r=v%61l%25%34%32>',
      },
      sdp,
    ),
  },
  {
    name: 'escnull',
    clause: '3.1.1.4',
    oddity: 'escaped NUL in user parts, two Contacts',
    verdict: accept,
    bytes: message('REGISTER sip:example.com SIP/2.0', { To: 'sip:zero-%00-zero@example.com' }, '', [
      'Contact: <sip:%00@phone.example.net>',
      'Contact: <sip:%00%00@phone.example.net>',
    ]),
  },
  {
    name: 'esc02',
    clause: '3.1.1.5',
    oddity: '% where it is no escape: method, display name, header name, branch',
    verdict: accept,
    afterwards: 'a UAS answers 501: the method is not REGISTER',
    bytes: message(
      'RE%47ISTE%52 sip:registrar.example.com SIP/2.0',
      { Via: 'SIP/2.0/TCP a.example.com;branch=z9hG4bK7%qz', To: '"%Q%45" <sip:bob@example.com>' },
      '',
      ['C%6Fntact: <sip:two@example.net>', 'Contact: <sip:one@example.net>'],
    ),
  },
  {
    name: 'lwsdisp',
    clause: '3.1.1.6',
    oddity: 'no space between display name and angle bracket',
    verdict: accept,
    bytes: message('OPTIONS sip:bob@example.com SIP/2.0', { From: 'alice<sip:alice@example.net>;tag=12' }),
  },
  {
    name: 'longreq',
    clause: '3.1.1.7',
    oddity: 'very long names and values, many Vias, a top branch without cookie',
    verdict: accept,
    bytes: message(
      'INVITE sip:bob@example.com SIP/2.0',
      {
        Via: `SIP/2.0/TCP one.example.com;branch=${long('branch')}`,
        To: `"${long('Bob ')}"<sip:bob@example.com:6000;p1=${long('value')};${long('name')}=x;${long('flag')}>`,
        From: `sip:${long('alice')}@example.net;tag=${long('12')};${long('param')}=${long('v')};${long('f')}`,
        'Call-ID': long('callid'),
        [`X-${long('Name')}`]: `${long('value')}; ${long('param')}=${long('v')}`,
        Contact: `<sip:${long('alice')}@phone.example.net>`,
      },
      sdp,
      Array.from({ length: 30 }, (_, hop) => `v: SIP/2.0/TCP hop${hop}.example.com;branch=z9hG4bK${long('x')}${hop}`),
    ),
  },
  {
    name: 'dblreq',
    clause: '3.1.1.8',
    oddity: 'a second request in the same datagram',
    verdict: accept,
    afterwards: 'the octets after the first request are dropped',
    bytes: joined(
      message('REGISTER sip:example.com SIP/2.0', { Contact: 'sip:alice@phone.example.net' }),
      encoder.encode('\r\n\r\n'),
      message('INVITE sip:carol@example.com SIP/2.0', { 'Call-ID': 'another' }, sdp),
    ),
  },
  {
    name: 'semiuri',
    clause: '3.1.1.9',
    oddity: 'semicolon in the user part',
    verdict: accept,
    bytes: message('OPTIONS sip:bob;part=of%40user@example.com SIP/2.0', {
      Accept: 'application/sdp, text/plain,\r\n        multipart/mixed',
    }),
  },
  {
    name: 'transports',
    clause: '3.1.1.10',
    oddity: 'Vias with every and an unknown transport',
    verdict: accept,
    bytes: message('OPTIONS sip:bob@example.com SIP/2.0', {}, '', [
      'Via: SIP/2.0/SCTP b.example.com;branch=z9hG4bKb',
      'Via: SIP/2.0/TLS c.example.com;branch=z9hG4bKc',
      'Via: SIP/2.0/PIGEON d.example.com;branch=z9hG4bKd',
      'Via: SIP/2.0/TCP e.example.com;branch=z9hG4bKe',
    ]),
  },
  {
    name: 'mpart01',
    clause: '3.1.1.11',
    oddity: 'multipart body with octets that are no text',
    verdict: accept,
    bytes: joined(
      message('MESSAGE sip:bob@example.com SIP/2.0', {
        'Content-Type': 'multipart/mixed;boundary=cut',
        'Content-Length': '105',
      }),
      encoder.encode(
        '--cut\r\nContent-Type: text/plain\r\n\r\nHi\r\n--cut\r\nContent-Type: application/octet-stream\r\n\r\n',
      ),
      Uint8Array.of(0, 0xff, 0x80, 13, 10, 0xc3, 0x28),
      encoder.encode('\r\n--cut--\r\n'),
    ),
  },
  {
    name: 'unreason',
    clause: '3.1.1.12',
    oddity: 'reason phrase beyond ASCII',
    verdict: accept,
    bytes: message('SIP/2.0 200 = 6 * 7, сорок два', { CSeq: '4 INVITE', 'Max-Forwards': undefined }, sdp),
  },
  {
    name: 'noreason',
    clause: '3.1.1.13',
    oddity: 'empty reason phrase',
    verdict: accept,
    bytes: message('SIP/2.0 100 ', { CSeq: '4 INVITE', 'Max-Forwards': undefined }),
  },
];
