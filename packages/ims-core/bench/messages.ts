/** Messages both the benchmark and its readers can look at: what a phone sends, and the oddest thing that is still legal. */

function lines(...text: string[]): string {
  return text.join('\r\n');
}

/** A REGISTER with eleven header lines, as a browser phone sends it through the P-CSCF. */
export const register = lines(
  'REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0',
  'Via: SIP/2.0/WS 8rv5d1k2m3.invalid;branch=z9hG4bK7c1f0a92be64;rport',
  'Max-Forwards: 69',
  'To: <sip:+15550001001@ims.mnc001.mcc001.3gppnetwork.org>',
  'From: "Alice" <sip:+15550001001@ims.mnc001.mcc001.3gppnetwork.org>;tag=k3v1q8s0d2',
  'Call-ID: n4b7m1x9c2v5',
  'CSeq: 2 REGISTER',
  'Authorization: Digest username="001010000000001@ims.mnc001.mcc001.3gppnetwork.org", ' +
    'realm="ims.mnc001.mcc001.3gppnetwork.org", nonce="q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQAAECAwQFBgc=", ' +
    'uri="sip:ims.mnc001.mcc001.3gppnetwork.org", response="0f1e2d3c4b5a69788796a5b4c3d2e1f0", ' +
    'algorithm=AKAv1-MD5, qop=auth, nc=00000001, cnonce="5e8b1c"',
  'Contact: <sip:t6y2u8@8rv5d1k2m3.invalid;transport=ws>;+sip.ice;reg-id=1;' +
    '+sip.instance="<urn:uuid:7f0c9f1e-52d1-4a7b-9f60-2b6d8c3e4a15>";expires=600',
  'Supported: path, outbound, gruu',
  'Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY',
  'Content-Length: 0',
  '',
  '',
);

const sdp = lines(
  'v=0',
  'o=- 4711 1 IN IP4 198.51.100.7',
  's=-',
  'c=IN IP4 198.51.100.7',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 8',
  'a=rtpmap:0 PCMU/8000',
  '',
);

/** A legal INVITE with folds, odd white space, escapes, compact and unknown headers and several Vias in one line. */
export const tortuousInvite = lines(
  'INVITE sip:bob@tower.example.org;strangeparam SIP/2.0',
  'TO :',
  ' sip:bob@tower.example.org ;   tag    = 77zq-b',
  'from   : "A \\"quoted\\" Alice \\\\"       <sip:alice@example.net>',
  '  ;',
  '  tag = a1c3e5',
  'mAx-FoRwArDs: 0042',
  'Call-ID: odd.but-legal.1@198.51.100.7',
  `Content-Length   : ${sdp.length}`,
  'cseq: 0011',
  '  INVITE',
  'Via  : SIP  /   2.0',
  ' /UDP',
  '    198.51.100.7;branch=oldstyle1',
  's :',
  'NeverSeenHeader:   first half',
  ' second half of it',
  'HeaderOfPunctuation: ;;,,;;,;',
  'Content-Type: application/sdp',
  'Route:',
  ' <sip:edge.example.org;lr;known=unknown;flag>',
  'v:  SIP  / 2.0  / TCP     relay.example.org   ;',
  '  branch  =   z9hG4bKaa11  ,',
  ' SIP  /    2.0   / UDP  203.0.113.9   ; branch=',
  ' z9hG4bKbb22',
  'm:"Name \\"in\\" quotes" <sip:alice@example.net> ; fresh =',
  '      value ;',
  '  other ; q = 0.5',
  '',
  sdp,
);
