/** Messages of one registration as they stand on the wire of the lab. */

function lines(...text: string[]): string {
  return text.join('\r\n');
}

/** The second REGISTER of a phone, with its response to the challenge. */
export const ueRegister = lines(
  'REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0',
  'Via: SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bK-4711-1-6;rport',
  'Max-Forwards: 70',
  'From: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=1',
  'To: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>',
  'Call-ID: 1-4711@127.0.0.1',
  'CSeq: 2 REGISTER',
  'Contact: <sip:001012000000001@127.1.0.1:5060>;expires=600',
  'Supported: path',
  'Authorization: Digest username="001012000000001@ims.mnc001.mcc001.3gppnetwork.org",realm="ims.mnc001.mcc001.3gppnetwork.org",cnonce="6b8b4567",nc=00000001,qop=auth,uri="sip:127.0.0.5:5060",nonce="sNrdxNgd2lPakqnTPMJMRS7vbCmDloAAHba/M72iqIM=",response="170ab0f4bbd4dc6fd1e80b330cac09c9",algorithm=AKAv1-MD5',
  'Content-Length: 0',
  '',
  '',
);

/** The same between I-CSCF and S-CSCF. */
export const coreRegister = lines(
  'REGISTER sip:scscf.ims.mnc001.mcc001.3gppnetwork.org:6060 SIP/2.0',
  'Via: SIP/2.0/TCP 127.0.0.5:4060;branch=z9hG4bK6bc2d728dd558789e9b9ce3b.cc823098e76a6cde',
  'Via: SIP/2.0/TCP 127.0.0.5:5060;branch=z9hG4bKd6d403042c16fc74b0dbd4bf.cf71704fbc3928d5;received=127.0.0.5',
  'Via: SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bK-4711-1-6;rport=5060;received=127.1.0.1',
  'Path: <sip:cf28c8809ea382009cd591b7@pcscf.ims.mnc001.mcc001.3gppnetwork.org:5060;transport=tcp;lr>',
  'Max-Forwards: 68',
  'From: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=1',
  'To: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>',
  'Call-ID: 1-4711@127.0.0.1',
  'CSeq: 2 REGISTER',
  'Contact: <sip:001012000000001@127.1.0.1:5060>;expires=600',
  'Supported: path',
  'Authorization: Digest username="001012000000001@ims.mnc001.mcc001.3gppnetwork.org", realm="ims.mnc001.mcc001.3gppnetwork.org", cnonce="6b8b4567", nc=00000001, qop=auth, uri="sip:127.0.0.5:5060", nonce="sNrdxNgd2lPakqnTPMJMRS7vbCmDloAAHba/M72iqIM=", response="170ab0f4bbd4dc6fd1e80b330cac09c9", algorithm=AKAv1-MD5, integrity-protected="yes"',
  'Content-Length: 0',
  'Require: path',
  'P-Visited-Network-ID: "ims.mnc001.mcc001.3gppnetwork.org"',
  'P-Charging-Vector: icid-value="5245b16c-703b-40b2-99ff-3458ac4e0ac8";icid-generated-at=pcscf.ims.mnc001.mcc001.3gppnetwork.org;orig-ioi="Type 1ims.mnc001.mcc001.3gppnetwork.org"',
  '',
  '',
);

/** The 401 of the S-CSCF. */
export const challenge = lines(
  'SIP/2.0 401 Unauthorized',
  'Via: SIP/2.0/TCP 127.0.0.5:4060;branch=z9hG4bKc3594ee6ab7e0276109cd9b8.cf823551e66a6b4b;received=127.0.0.5',
  'Via: SIP/2.0/TCP 127.0.0.5:5060;branch=z9hG4bK30b9186530a00f2c5a751975.d07171e2b939241c;received=127.0.0.5',
  'Via: SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bK-4711-1-1;rport=5060;received=127.1.0.1',
  'From: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=1',
  'To: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=32701f3c0d7489f8',
  'Call-ID: 1-4711@127.0.0.1',
  'CSeq: 1 REGISTER',
  'WWW-Authenticate: Digest realm="ims.mnc001.mcc001.3gppnetwork.org", nonce="sNrdxNgd2lPakqnTPMJMRS7vbCmDloAAHba/M72iqIM=", algorithm=AKAv1-MD5, qop="auth", ik="ef5031f915739d99bc30bd00f45afe48", ck="96c4790356674ed00e0918fce15bbabc"',
  'Content-Length: 0',
  '',
  '',
);

/** The 200 of the S-CSCF. */
export const registered = lines(
  'SIP/2.0 200 OK',
  'Via: SIP/2.0/TCP 127.0.0.5:4060;branch=z9hG4bK6bc2d728dd558789e9b9ce3b.cc823098e76a6cde;received=127.0.0.5',
  'Via: SIP/2.0/TCP 127.0.0.5:5060;branch=z9hG4bKd6d403042c16fc74b0dbd4bf.cf71704fbc3928d5;received=127.0.0.5',
  'Via: SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bK-4711-1-6;rport=5060;received=127.1.0.1',
  'From: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=1',
  'To: <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=6a609dabb6a082f0',
  'Call-ID: 1-4711@127.0.0.1',
  'CSeq: 2 REGISTER',
  'Contact: <sip:001012000000001@127.1.0.1:5060>;expires=600',
  'P-Associated-URI: <sip:+155520000001@ims.mnc001.mcc001.3gppnetwork.org>, <tel:+155520000001>, <sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org>',
  'Service-Route: <sip:orig-3d8e62021cee4f90047a4eee@scscf.ims.mnc001.mcc001.3gppnetwork.org:6060;transport=tcp;lr>',
  'Path: <sip:cf28c8809ea382009cd591b7@pcscf.ims.mnc001.mcc001.3gppnetwork.org:5060;transport=tcp;lr>',
  'P-Charging-Vector: icid-value="5245b16c-703b-40b2-99ff-3458ac4e0ac8";icid-generated-at=pcscf.ims.mnc001.mcc001.3gppnetwork.org;orig-ioi="Type 1ims.mnc001.mcc001.3gppnetwork.org";term-ioi="Type 1ims.mnc001.mcc001.3gppnetwork.org"',
  'Date: Mon, 23 Nov 2026 03:23:05 GMT',
  'Content-Length: 0',
  '',
  '',
);

const reginfo = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="full">',
  '  <registration aor="sip:+155520000001@ims.mnc001.mcc001.3gppnetwork.org" id="r1" state="active">',
  '    <contact id="c1" state="active" event="refreshed" expires="600" callid="1-4711@127.0.0.1" cseq="2">',
  '      <uri>sip:001012000000001@127.1.0.1:5060</uri>',
  '    </contact>',
  '  </registration>',
  '  <registration aor="tel:+155520000001" id="r2" state="active">',
  '    <contact id="c2" state="active" event="refreshed" expires="600" callid="1-4711@127.0.0.1" cseq="2">',
  '      <uri>sip:001012000000001@127.1.0.1:5060</uri>',
  '    </contact>',
  '  </registration>',
  '  <registration aor="sip:001012000000001@ims.mnc001.mcc001.3gppnetwork.org" id="r3" state="active">',
  '    <contact id="c3" state="active" event="refreshed" expires="600" callid="1-4711@127.0.0.1" cseq="2">',
  '      <uri>sip:001012000000001@127.1.0.1:5060</uri>',
  '    </contact>',
  '  </registration>',
  '</reginfo>',
  '',
].join('\n');

/** The NOTIFY of the reg event package to the P-CSCF. */
export const notify = lines(
  'NOTIFY sip:pcscf.ims.mnc001.mcc001.3gppnetwork.org:5060;transport=tcp SIP/2.0',
  'Via: SIP/2.0/TCP 127.0.0.5:6060;branch=z9hG4bK2212ce62564877ae11356638.ac69265139c3d05f',
  'Max-Forwards: 70',
  'From: <sip:+155520000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=661221860ae0ae1e',
  'To: <sip:pcscf.ims.mnc001.mcc001.3gppnetwork.org:5060>;tag=57d9263bb02ec0d2',
  'Call-ID: 3f46c40de4159bfa5e6b2637522b51ec@pcscf.ims.mnc001.mcc001.3gppnetwork.org',
  'CSeq: 2 NOTIFY',
  'Contact: <sip:scscf.ims.mnc001.mcc001.3gppnetwork.org:6060;transport=tcp>',
  'Event: reg',
  'Subscription-State: active;expires=599998',
  'P-Charging-Vector: icid-value="2574c81a-43c2-4122-83eb-0fec0b93e291";orig-ioi="Type 1ims.mnc001.mcc001.3gppnetwork.org"',
  'Content-Type: application/reginfo+xml',
  `Content-Length: ${reginfo.length}`,
  '',
  reginfo,
);
