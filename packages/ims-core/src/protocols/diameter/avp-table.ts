import type { AvpType } from './avp-types.ts';

/** Whether the M bit is set: always, never, or as the sender needs it. @see RFC 6733 §4.5, TS 29.229 table 6.3.1 */
export type MandatoryRule = 'must' | 'mustNot' | 'may';

/** One row of the AVP table, used by the codec, the typed Cx messages and the page's explanations. */
export interface AvpRule {
  readonly code: number;
  /** 0 for an AVP of the IETF; otherwise the V bit is set. */
  readonly vendor: number;
  readonly type: AvpType;
  readonly mandatory: MandatoryRule;
  /** One line for a person who meets the AVP for the first time. */
  readonly text: string;
  readonly reference: string;
  /** The format is OctetString, but what it holds is text and is shown so. */
  readonly holdsText: boolean;
}

/** Vendor-Id of 3GPP. */
export const VENDOR_3GPP = 10415;
/** Vendor-Id of ETSI, for the AVPs of NASS-Bundled authentication. */
export const VENDOR_ETSI = 13019;

type Row<T extends AvpType> = AvpRule & { readonly type: T };

function base<T extends AvpType>(
  code: number,
  type: T,
  text: string,
  reference: string,
  mandatory: MandatoryRule = 'must',
): Row<T> {
  return { code, vendor: 0, type, mandatory, text, reference, holdsText: false };
}

function cx<T extends AvpType>(code: number, type: T, mandatory: MandatoryRule, text: string, section: string): Row<T> {
  return { code, vendor: VENDOR_3GPP, type, mandatory, text, reference: `TS 29.229 ${section}`, holdsText: false };
}

function cxText(code: number, mandatory: MandatoryRule, text: string, section: string): Row<'OctetString'> {
  return { ...cx(code, 'OctetString', mandatory, text, section), holdsText: true };
}

/**
 * Every AVP of the Diameter base and of Cx that the lab knows, by its own name in its own specification.
 * The names are unique: RFC 4740 uses some of these names for other codes and is left out.
 */
export const avpTable = {
  'User-Name': base(1, 'UTF8String', 'The private identity (IMPI) that the message is about.', 'RFC 6733 §8.14'),
  Class: base(25, 'OctetString', 'State that a server hands out and wants back later.', 'RFC 6733 §8.20'),
  'Session-Timeout': base(27, 'Unsigned32', 'Seconds a session may last.', 'RFC 6733 §8.13'),
  'Proxy-State': base(
    33,
    'OctetString',
    'What a proxy wrote into the request to find its way back.',
    'RFC 6733 §6.7.4',
  ),
  'Event-Timestamp': base(55, 'Time', 'When the reported event happened.', 'RFC 6733 §8.21'),
  'Digest-Realm': base(104, 'UTF8String', 'Realm of a SIP digest challenge.', 'RFC 4740 §9.5.6.1'),
  'Digest-QoP': base(110, 'UTF8String', 'Quality of protection of the digest: auth or auth-int.', 'RFC 4740 §9.5.6.2'),
  'Digest-Algorithm': base(111, 'UTF8String', 'Hash of the digest: MD5 unless told.', 'RFC 4740 §9.5.6.3'),
  'Digest-HA1': base(
    121,
    'UTF8String',
    'H(username:realm:password) in hex: as secret as the password.',
    'RFC 4740 §9.5.6.4',
  ),
  'Host-IP-Address': base(257, 'Address', 'An address of the sender.', 'RFC 6733 §5.3.5'),
  'Auth-Application-Id': base(258, 'Unsigned32', 'Which authentication application is meant.', 'RFC 6733 §6.8'),
  'Acct-Application-Id': base(259, 'Unsigned32', 'Which accounting application is meant.', 'RFC 6733 §6.9'),
  'Vendor-Specific-Application-Id': base(
    260,
    'Grouped',
    'An application that belongs to a vendor; Cx is 16777216 of 3GPP.',
    'RFC 6733 §6.11',
  ),
  'Redirect-Host-Usage': base(261, 'Enumerated', 'How far a redirection holds.', 'RFC 6733 §6.13'),
  'Redirect-Max-Cache-Time': base(262, 'Unsigned32', 'Seconds a redirection may be remembered.', 'RFC 6733 §6.14'),
  'Session-Id': base(263, 'UTF8String', 'Joins a request and its answer; always the first AVP.', 'RFC 6733 §8.8'),
  'Origin-Host': base(264, 'DiameterIdentity', 'The node that made this message.', 'RFC 6733 §6.3'),
  'Supported-Vendor-Id': base(265, 'Unsigned32', 'A vendor whose AVPs the sender understands.', 'RFC 6733 §5.3.6'),
  'Vendor-Id': base(266, 'Unsigned32', 'Number of a vendor at IANA; 3GPP is 10415.', 'RFC 6733 §5.3.3'),
  'Firmware-Revision': base(267, 'Unsigned32', 'Version of the software that sent it.', 'RFC 6733 §5.3.4', 'mustNot'),
  'Result-Code': base(
    268,
    'Unsigned32',
    'How the request ended, in the numbers of the base protocol.',
    'RFC 6733 §7.1',
  ),
  'Product-Name': base(269, 'UTF8String', 'What software the sender is.', 'RFC 6733 §5.3.7', 'mustNot'),
  'Session-Binding': base(270, 'Unsigned32', 'Which later messages must go to the same server.', 'RFC 6733 §8.17'),
  'Session-Server-Failover': base(
    271,
    'Enumerated',
    'What to do when the server of a session is gone.',
    'RFC 6733 §8.18',
  ),
  'Multi-Round-Time-Out': base(272, 'Unsigned32', 'Seconds the user has to answer a further round.', 'RFC 6733 §8.19'),
  'Disconnect-Cause': base(273, 'Enumerated', 'Why the peer leaves.', 'RFC 6733 §5.4.3'),
  'Auth-Request-Type': base(274, 'Enumerated', 'Authentication, authorization or both.', 'RFC 6733 §8.7'),
  'Auth-Grace-Period': base(
    276,
    'Unsigned32',
    'Seconds a server keeps a session beyond its lifetime.',
    'RFC 6733 §8.10',
  ),
  'Auth-Session-State': base(
    277,
    'Enumerated',
    'Whether the server keeps a session; in Cx it never does (1).',
    'RFC 6733 §8.11',
  ),
  'Origin-State-Id': base(278, 'Unsigned32', 'Grows each time the sender lost its state.', 'RFC 6733 §8.16'),
  'Failed-AVP': base(279, 'Grouped', 'The AVP that was wrong or missing.', 'RFC 6733 §7.5'),
  'Proxy-Host': base(280, 'DiameterIdentity', 'The proxy that wrote a Proxy-State.', 'RFC 6733 §6.7.3'),
  'Error-Message': base(281, 'UTF8String', 'What went wrong, for people.', 'RFC 6733 §7.3', 'mustNot'),
  'Route-Record': base(282, 'DiameterIdentity', 'A node that the request passed through.', 'RFC 6733 §6.7.1'),
  'Destination-Realm': base(283, 'DiameterIdentity', 'The realm that shall answer the request.', 'RFC 6733 §6.6'),
  'Proxy-Info': base(284, 'Grouped', 'State of a proxy on the way, returned in the answer.', 'RFC 6733 §6.7.2'),
  'Re-Auth-Request-Type': base(285, 'Enumerated', 'What the user has to do again.', 'RFC 6733 §8.12'),
  'Authorization-Lifetime': base(
    291,
    'Unsigned32',
    'Seconds until the user must be authorized again.',
    'RFC 6733 §8.9',
  ),
  'Redirect-Host': base(292, 'DiameterURI', 'The server to ask instead.', 'RFC 6733 §6.12'),
  'Destination-Host': base(293, 'DiameterIdentity', 'The one node that shall answer the request.', 'RFC 6733 §6.5'),
  'Error-Reporting-Host': base(
    294,
    'DiameterIdentity',
    'The node that found the error, when it is not the Origin-Host.',
    'RFC 6733 §7.4',
    'mustNot',
  ),
  'Termination-Cause': base(295, 'Enumerated', 'Why a session ended.', 'RFC 6733 §8.15'),
  'Origin-Realm': base(296, 'DiameterIdentity', 'Realm of the node that made this message.', 'RFC 6733 §6.4'),
  'Experimental-Result': base(297, 'Grouped', 'How the request ended, in the numbers of a vendor.', 'RFC 6733 §7.6'),
  'Experimental-Result-Code': base(
    298,
    'Unsigned32',
    'The number; it means something only beside its Vendor-Id.',
    'RFC 6733 §7.7',
  ),
  'Inband-Security-Id': base(299, 'Unsigned32', 'Security inside the connection: 0 none, 1 TLS.', 'RFC 6733 §6.10'),
  DRMP: base(301, 'Enumerated', 'Priority of the message under load, 0 the highest.', 'RFC 7944 §9.1', 'mustNot'),
  'OC-Supported-Features': base(
    621,
    'Grouped',
    'Overload control that the sender understands.',
    'RFC 7683 §7.1',
    'mustNot',
  ),
  'OC-Feature-Vector': base(622, 'Unsigned64', 'Bits of overload control.', 'RFC 7683 §7.2', 'mustNot'),

  'Line-Identifier': {
    code: 500,
    vendor: VENDOR_ETSI,
    type: 'OctetString',
    mandatory: 'must',
    text: 'The access line that the user is on.',
    reference: 'TS 29.229 6.3.42',
    holdsText: false,
  },

  'Visited-Network-Identifier': cxText(
    600,
    'must',
    'The network of the P-CSCF; the HSS checks roaming by it.',
    '6.3.1',
  ),
  'Public-Identity': cx(601, 'UTF8String', 'must', 'A public identity (IMPU): sip: or tel: URI.', '6.3.2'),
  'Server-Name': cx(602, 'UTF8String', 'must', 'SIP URI of the S-CSCF that serves the user.', '6.3.3'),
  'Server-Capabilities': cx(603, 'Grouped', 'must', 'What an S-CSCF must be able to do to serve this user.', '6.3.4'),
  'Mandatory-Capability': cx(
    604,
    'Unsigned32',
    'must',
    'A capability that the S-CSCF must have; numbers are the operator’s.',
    '6.3.5',
  ),
  'Optional-Capability': cx(605, 'Unsigned32', 'must', 'A capability that the S-CSCF should have.', '6.3.6'),
  'User-Data': cxText(606, 'must', 'The service profile: identities and initial filter criteria, as XML.', '6.3.7'),
  'SIP-Number-Auth-Items': cx(
    607,
    'Unsigned32',
    'must',
    'How many authentication vectors are asked for or given.',
    '6.3.8',
  ),
  'SIP-Authentication-Scheme': cx(
    608,
    'UTF8String',
    'must',
    'How the user is authenticated: Digest-AKAv1-MD5, SIP Digest ...',
    '6.3.9',
  ),
  'SIP-Authenticate': cx(
    609,
    'OctetString',
    'must',
    'RAND and AUTN: the challenge, which travels in the clear.',
    '6.3.10',
  ),
  'SIP-Authorization': cx(
    610,
    'OctetString',
    'must',
    'XRES in an answer (secret); RAND and AUTS in a resynchronisation.',
    '6.3.11',
  ),
  'SIP-Authentication-Context': cx(611, 'OctetString', 'must', 'What of the SIP message a digest covers.', '6.3.12'),
  'SIP-Auth-Data-Item': cx(612, 'Grouped', 'must', 'One authentication vector.', '6.3.13'),
  'SIP-Item-Number': cx(613, 'Unsigned32', 'must', 'In which order the vectors are used.', '6.3.14'),
  'Server-Assignment-Type': cx(
    614,
    'Enumerated',
    'must',
    'What the S-CSCF did with the user: registered, de-registered ...',
    '6.3.15',
  ),
  'Deregistration-Reason': cx(615, 'Grouped', 'must', 'Why the network ends a registration.', '6.3.16'),
  'Reason-Code': cx(616, 'Enumerated', 'must', 'Why, as a number.', '6.3.17'),
  'Reason-Info': cx(617, 'UTF8String', 'must', 'Why, for people.', '6.3.18'),
  'Charging-Information': cx(618, 'Grouped', 'must', 'Where charging data of this user goes.', '6.3.19'),
  'Primary-Event-Charging-Function-Name': cx(619, 'DiameterURI', 'must', 'First choice for online charging.', '6.3.20'),
  'Secondary-Event-Charging-Function-Name': cx(
    620,
    'DiameterURI',
    'must',
    'Second choice for online charging.',
    '6.3.21',
  ),
  'Primary-Charging-Collection-Function-Name': cx(
    621,
    'DiameterURI',
    'must',
    'First choice for offline charging.',
    '6.3.22',
  ),
  'Secondary-Charging-Collection-Function-Name': cx(
    622,
    'DiameterURI',
    'must',
    'Second choice for offline charging.',
    '6.3.23',
  ),
  'User-Authorization-Type': cx(
    623,
    'Enumerated',
    'must',
    'Registration, de-registration, or registration with capabilities.',
    '6.3.24',
  ),
  'User-Data-Already-Available': cx(
    624,
    'Enumerated',
    'must',
    'Whether the S-CSCF already holds the service profile.',
    '6.3.26',
  ),
  'Confidentiality-Key': cx(625, 'OctetString', 'must', 'CK, the session key for ciphering (secret).', '6.3.27'),
  'Integrity-Key': cx(626, 'OctetString', 'must', 'IK, the session key for integrity (secret).', '6.3.28'),
  'Supported-Features': cx(628, 'Grouped', 'may', 'Features of one list that the sender supports.', '6.3.29'),
  'Feature-List-ID': cx(629, 'Unsigned32', 'mustNot', 'Which list of features.', '6.3.30'),
  'Feature-List': cx(
    630,
    'Unsigned32',
    'mustNot',
    'The features as bits: shared iFC sets, alias indication, restoration.',
    '6.3.31',
  ),
  'Supported-Applications': cx(631, 'Grouped', 'mustNot', 'Applications that the sender supports.', '6.3.32'),
  'Associated-Identities': cx(
    632,
    'Grouped',
    'mustNot',
    'Other private identities of the same subscription.',
    '6.3.33',
  ),
  'Originating-Request': cx(
    633,
    'Enumerated',
    'must',
    'The location is asked for a request that the user originates.',
    '6.3.34',
  ),
  'Wildcarded-Public-Identity': cx(
    634,
    'UTF8String',
    'mustNot',
    'The wildcarded identity that the asked one matched.',
    '6.3.35',
  ),
  'SIP-Digest-Authenticate': cx(635, 'Grouped', 'mustNot', 'What the S-CSCF needs for a SIP digest.', '6.3.36'),
  'UAR-Flags': cx(637, 'Unsigned32', 'mustNot', 'Bit 0: emergency registration.', '6.3.44'),
  'Loose-Route-Indication': cx(
    638,
    'Enumerated',
    'mustNot',
    'Whether the user’s device must be reached by loose routing.',
    '6.3.45',
  ),
  'SCSCF-Restoration-Info': cx(639, 'Grouped', 'mustNot', 'What an S-CSCF needs to go on after a restart.', '6.3.46'),
  Path: cxText(640, 'mustNot', 'The Path header of a registration, kept for restoration.', '6.3.47'),
  Contact: cxText(641, 'mustNot', 'The Contact of a registration, kept for restoration.', '6.3.48'),
  'Subscription-Info': cx(
    642,
    'Grouped',
    'mustNot',
    'A subscription to the registration state, kept for restoration.',
    '6.3.49',
  ),
  'Call-ID-SIP-Header': cxText(643, 'mustNot', 'Call-ID of that subscription.', '6.3.49.1'),
  'From-SIP-Header': cxText(644, 'mustNot', 'From of that subscription.', '6.3.49.2'),
  'To-SIP-Header': cxText(645, 'mustNot', 'To of that subscription.', '6.3.49.3'),
  'Record-Route': cxText(646, 'mustNot', 'Record-Route of that subscription.', '6.3.49.4'),
  'Associated-Registered-Identities': cx(
    647,
    'Grouped',
    'mustNot',
    'Private identities that are registered with the asked identity.',
    '6.3.50',
  ),
  'Multiple-Registration-Indication': cx(
    648,
    'Enumerated',
    'mustNot',
    'Whether the registration is one of several of this user.',
    '6.3.51',
  ),
  'Restoration-Info': cx(649, 'Grouped', 'mustNot', 'Restoration data of one registration.', '6.3.52'),
  'Session-Priority': cx(
    650,
    'Enumerated',
    'mustNot',
    'Priority of the session that made the request, 0 the highest.',
    '6.3.56',
  ),
  'Identity-with-Emergency-Registration': cx(
    651,
    'Grouped',
    'mustNot',
    'A pair of identities that stays because of an emergency registration.',
    '6.3.57',
  ),
  'Priviledged-Sender-Indication': cx(
    652,
    'Enumerated',
    'mustNot',
    'Whether the user may send without restriction (spelling as in the specification).',
    '6.3.58',
  ),
  'LIA-Flags': cx(653, 'Unsigned32', 'mustNot', 'Bit 0: the identity is a PSI and Server-Name is its AS.', '6.3.59'),
  'Initial-CSeq-Sequence-Number': cx(
    654,
    'Unsigned32',
    'mustNot',
    'First CSeq of a subscription, kept for restoration.',
    '6.3.60',
  ),
  'SAR-Flags': cx(655, 'Unsigned32', 'mustNot', 'Bit 0: P-CSCF restoration is asked for.', '6.3.61'),
  'Allowed-WAF-WWSF-Identities': cx(656, 'Grouped', 'mustNot', 'WebRTC servers that may register this user.', '6.3.62'),
  'WebRTC-Authentication-Function-Name': cx(657, 'UTF8String', 'mustNot', 'A WebRTC authorisation function.', '6.3.63'),
  'WebRTC-Web-Server-Function-Name': cx(658, 'UTF8String', 'mustNot', 'A WebRTC web server.', '6.3.64'),
  'RTR-Flags': cx(
    659,
    'Unsigned32',
    'mustNot',
    'Bit 0: the identities are de-registered because of a reference location change.',
    '6.3.65',
  ),
} as const satisfies Readonly<Record<string, AvpRule>>;

export type AvpName = keyof typeof avpTable;

/** A row together with its name. */
export interface NamedAvpRule extends AvpRule {
  readonly name: string;
}

const rulesByCode: ReadonlyMap<string, NamedAvpRule> = new Map(
  Object.entries(avpTable).map(([name, rule]): [string, NamedAvpRule] => [
    `${rule.vendor}:${rule.code}`,
    { ...rule, name },
  ]),
);

/** The row of an AVP by what stands on the wire. The same code under another vendor is another AVP. */
export function avpRule(vendor: number, code: number): NamedAvpRule | undefined {
  return rulesByCode.get(`${vendor}:${code}`);
}
