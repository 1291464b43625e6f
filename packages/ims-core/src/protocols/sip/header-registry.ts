/** The SIP header fields this network knows: compact forms, comma lists, once or many, and what each is for. */
export interface HeaderRule {
  /** Canonical spelling. */
  readonly name: string;
  /** One-letter form (RFC 3261 §7.3.3). */
  readonly compact?: string;
  /** Several values may stand in one line, separated by commas. */
  readonly list: boolean;
  /** At most one line in a message. */
  readonly once: boolean;
  readonly reference: string;
  /** One line for people. */
  readonly text: string;
}

type Multiplicity = 'list' | 'once' | 'many';
type Row = readonly [name: string, multiplicity: Multiplicity, reference: string, text: string, compact?: string];

const rows: readonly Row[] = [
  ['Accept', 'list', 'RFC 3261 §20.1', 'Body types the sender can read in the answer.'],
  ['Accept-Contact', 'list', 'RFC 3841 §9.2', 'Features the reached device should have.', 'a'],
  ['Accept-Encoding', 'list', 'RFC 3261 §20.2', 'Body encodings the sender can read.'],
  ['Accept-Language', 'list', 'RFC 3261 §20.3', 'Languages the sender likes in reason phrases and bodies.'],
  ['Alert-Info', 'list', 'RFC 3261 §20.4', 'Another ring tone for this call.'],
  ['Allow', 'list', 'RFC 3261 §20.5', 'Methods the sender understands.'],
  ['Allow-Events', 'list', 'RFC 6665 §8.2.2', 'Event packages the sender can be subscribed to.', 'u'],
  ['Answer-Mode', 'once', 'RFC 5373 §3', 'Whether the call should be answered by itself or by a person.'],
  [
    'Authentication-Info',
    'once',
    'RFC 3261 §20.6',
    'Proof and next nonce from the server after a digest was accepted.',
  ],
  ['Authorization', 'many', 'RFC 3261 §20.7', 'Credentials of the user: answer to a 401.'],
  ['Call-ID', 'once', 'RFC 3261 §20.8', 'Names a call or all registrations of a client.', 'i'],
  ['Call-Info', 'list', 'RFC 3261 §20.9', 'More about caller or callee, for example a picture.'],
  ['Contact', 'list', 'RFC 3261 §20.10', 'Where the sender can be reached directly.', 'm'],
  ['Content-Disposition', 'once', 'RFC 3261 §20.11', 'How the body is meant: session, render, early-session.'],
  ['Content-Encoding', 'list', 'RFC 3261 §20.12', 'Compression of the body.', 'e'],
  ['Content-ID', 'once', 'RFC 8262 §3', 'Name of the body, so that a header can point at it.'],
  ['Content-Language', 'list', 'RFC 3261 §20.13', 'Language of the body.'],
  ['Content-Length', 'once', 'RFC 3261 §20.14', 'Octets of the body; frames messages on streams.', 'l'],
  ['Content-Type', 'once', 'RFC 3261 §20.15', 'Media type of the body.', 'c'],
  ['CSeq', 'once', 'RFC 3261 §20.16', 'Number and method: orders requests and matches responses.'],
  ['Date', 'once', 'RFC 3261 §20.17', 'When the message was sent.'],
  ['Error-Info', 'list', 'RFC 3261 §20.18', 'Where to learn more about an error.'],
  ['Event', 'once', 'RFC 6665 §8.2.1', 'Event package of a subscription or notification.', 'o'],
  ['Expires', 'once', 'RFC 3261 §20.19', 'Seconds until a registration or subscription ends.'],
  ['Feature-Caps', 'list', 'RFC 6809 §6', 'Features a box of the network offers.'],
  ['Flow-Timer', 'once', 'RFC 5626 §10', 'Seconds after which the edge takes a silent connection as lost.'],
  ['From', 'once', 'RFC 3261 §20.20', 'Who the sender says it is, with its dialog tag.', 'f'],
  ['Geolocation', 'list', 'RFC 6442 §4.1', 'Where the caller is, or where to ask for it.'],
  ['Geolocation-Routing', 'once', 'RFC 6442 §4.2', 'Whether the location may be used to route.'],
  ['Hide', 'once', 'RFC 2543 §6.22', 'Old wish to hide the route; no longer used.'],
  ['History-Info', 'list', 'RFC 7044 §5', 'Earlier targets of this request.'],
  ['Identity', 'list', 'RFC 8224 §4', 'Signature over who is calling.', 'y'],
  ['Identity-Info', 'once', 'RFC 4474 §9', 'Where the certificate of Identity is.', 'n'],
  ['In-Reply-To', 'list', 'RFC 3261 §20.21', 'Call-IDs this call returns.'],
  ['Info-Package', 'once', 'RFC 6086 §7', 'Kind of an INFO request.'],
  ['Join', 'once', 'RFC 3911 §7.1', 'Dialog this INVITE wants to join.'],
  ['Max-Breadth', 'once', 'RFC 5393 §5.3', 'How many copies forking proxies may still make.'],
  ['Max-Forwards', 'once', 'RFC 3261 §20.22', 'Hops that are left; counts down, ends loops.'],
  ['MIME-Version', 'once', 'RFC 3261 §20.24', 'Version of MIME in the body.'],
  ['Min-Expires', 'once', 'RFC 3261 §20.23', 'Shortest time a registrar takes, in a 423.'],
  ['Min-SE', 'once', 'RFC 4028 §5', 'Shortest session timer the sender takes, in seconds.'],
  ['Organization', 'once', 'RFC 3261 §20.25', 'Organisation of the sender.'],
  ['P-Access-Network-Info', 'list', 'RFC 7315 §4.4', 'Radio cell or line the phone uses.'],
  ['P-Answer-State', 'once', 'RFC 4964 §5', 'Whether an answer is confirmed by the called device.'],
  ['P-Asserted-Identity', 'list', 'RFC 3325 §9.1', 'Who is calling, as the network has verified it.'],
  ['P-Asserted-Service', 'list', 'RFC 6050 §4.1', 'Service of the session, as the network allowed it.'],
  ['P-Associated-URI', 'list', 'RFC 7315 §4.1', 'Identities registered together; the first is the default.'],
  ['P-Called-Party-ID', 'once', 'RFC 7315 §4.2', 'Identity that was called, before it became a contact address.'],
  ['P-Charging-Function-Addresses', 'once', 'RFC 7315 §4.5', 'Where charging records go.'],
  ['P-Charging-Vector', 'once', 'RFC 7315 §4.6', 'Charging identity (ICID) that joins all legs of a session.'],
  ['P-Early-Media', 'list', 'RFC 5009 §8', 'Whether media before the answer may be heard.'],
  ['P-Media-Authorization', 'list', 'RFC 3313 §5.1', 'Token that allows quality of service.'],
  ['P-Preferred-Identity', 'list', 'RFC 3325 §9.2', 'Identity the user wants to call with.'],
  ['P-Preferred-Service', 'list', 'RFC 6050 §4.2', 'Service the user wants.'],
  ['P-Profile-Key', 'once', 'RFC 5002 §5', 'Wildcard identity that matched, for the HSS query.'],
  ['P-Served-User', 'once', 'RFC 5502 §6', 'User an application server acts for, and in which session case.'],
  ['P-User-Database', 'once', 'RFC 4457 §4', 'HSS that holds the user.'],
  ['P-Visited-Network-ID', 'list', 'RFC 7315 §4.3', 'Network the phone registers from.'],
  ['Path', 'list', 'RFC 3327 §4', 'Proxies a request to this registration has to pass.'],
  ['Permission-Missing', 'list', 'RFC 5360 §5.9', 'Recipients that have not consented.'],
  ['Priority', 'once', 'RFC 3261 §20.26', 'Urgency as the sender sees it.'],
  ['Priv-Answer-Mode', 'once', 'RFC 5373 §3', 'Answer-Mode with privilege.'],
  ['Privacy', 'once', 'RFC 3323 §4.2', 'What the user wants hidden; values are separated by semicolons.'],
  ['Proxy-Authenticate', 'many', 'RFC 3261 §20.27', 'Challenge of a proxy, in a 407.'],
  ['Proxy-Authorization', 'many', 'RFC 3261 §20.28', 'Credentials for a proxy.'],
  ['Proxy-Require', 'list', 'RFC 3261 §20.29', 'Extensions every proxy has to know.'],
  ['RAck', 'once', 'RFC 3262 §7.2', 'Which provisional response a PRACK confirms.'],
  ['Reason', 'list', 'RFC 3326 §2', 'Why a request was sent, for example why a call is cancelled.'],
  ['Record-Route', 'list', 'RFC 3261 §20.30', 'Proxies that stay in the path of the dialog.'],
  ['Recv-Info', 'list', 'RFC 6086 §7', 'INFO packages the sender takes.'],
  ['Refer-Sub', 'once', 'RFC 4488 §4', 'Whether a REFER makes a subscription.'],
  ['Refer-To', 'once', 'RFC 3515 §2.1', 'Whom to call, in a REFER.', 'r'],
  ['Referred-By', 'once', 'RFC 3892 §3', 'Who asked for the transfer.', 'b'],
  ['Reject-Contact', 'list', 'RFC 3841 §9.2', 'Features the reached device must not have.', 'j'],
  ['Replaces', 'once', 'RFC 3891 §6.1', 'Dialog this INVITE takes the place of.'],
  ['Reply-To', 'once', 'RFC 3261 §20.31', 'Where to call back.'],
  ['Request-Disposition', 'list', 'RFC 3841 §9.1', 'How proxies should treat the request: fork, queue, recurse.', 'd'],
  ['Require', 'list', 'RFC 3261 §20.32', 'Extensions the receiver has to know.'],
  ['Resource-Priority', 'list', 'RFC 4412 §3.1', 'Priority in an emergency network.'],
  ['Response-Key', 'once', 'RFC 2543 §6.37', 'Old key for an encrypted response; no longer used.'],
  ['Retry-After', 'once', 'RFC 3261 §20.33', 'Seconds to wait before trying again.'],
  ['Route', 'list', 'RFC 3261 §20.34', 'Proxies the request still has to pass, nearest first.'],
  ['RSeq', 'once', 'RFC 3262 §7.1', 'Number of a reliable provisional response.'],
  ['Security-Client', 'list', 'RFC 3329 §2.2', 'Security mechanisms of the phone.'],
  ['Security-Server', 'list', 'RFC 3329 §2.2', 'Security mechanisms of the P-CSCF.'],
  ['Security-Verify', 'list', 'RFC 3329 §2.2', 'Security-Server repeated, against bidding down.'],
  ['Server', 'once', 'RFC 3261 §20.35', 'Software that answered.'],
  ['Service-Route', 'list', 'RFC 3608 §5', 'Home proxies for the requests of a registered user.'],
  ['Session-Expires', 'once', 'RFC 4028 §4', 'Seconds until a session without refresh ends.', 'x'],
  ['Session-ID', 'once', 'RFC 7989 §5', 'Identity of a session that survives back-to-back agents.'],
  ['SIP-ETag', 'once', 'RFC 3903 §11.3.1', 'Name of a published state.'],
  ['SIP-If-Match', 'once', 'RFC 3903 §11.3.2', 'Published state a PUBLISH changes.'],
  ['Subject', 'once', 'RFC 3261 §20.36', 'What the call is about.', 's'],
  ['Subscription-State', 'once', 'RFC 6665 §8.2.3', 'State of a subscription, in a NOTIFY.'],
  ['Supported', 'list', 'RFC 3261 §20.37', 'Extensions the sender knows.', 'k'],
  ['Suppress-If-Match', 'once', 'RFC 5839 §4', 'State that needs no notification.'],
  ['Target-Dialog', 'once', 'RFC 4538 §7', 'Dialog that entitles this request.'],
  ['Timestamp', 'once', 'RFC 3261 §20.38', 'When the request was sent, echoed to measure the way.'],
  ['To', 'once', 'RFC 3261 §20.39', 'Whom the request is for, with the dialog tag of the answerer.', 't'],
  ['Unsupported', 'list', 'RFC 3261 §20.40', 'Required extensions that are not known, in a 420.'],
  ['User-Agent', 'once', 'RFC 3261 §20.41', 'Software of the phone.'],
  ['Via', 'list', 'RFC 3261 §20.42', 'Way the request came; the response goes back along it.', 'v'],
  ['Warning', 'list', 'RFC 3261 §20.43', 'More about a status, with a code and the box that gives it.'],
  ['WWW-Authenticate', 'many', 'RFC 3261 §20.44', 'Challenge of the registrar or user agent, in a 401.'],
];

export const headerRules: readonly HeaderRule[] = rows.map(([name, multiplicity, reference, text, compact]) => ({
  name,
  ...(compact === undefined ? {} : { compact }),
  list: multiplicity === 'list',
  once: multiplicity === 'once',
  reference,
  text,
}));

const rulesByKey = new Map(headerRules.map((rule) => [rule.name.toLowerCase(), rule]));

/** One of the usual spellings of a header name, and its key. */
export interface Spelling {
  readonly name: string;
  readonly key: string;
}

const spellings: readonly Spelling[] = headerRules.flatMap(({ name, compact }) => {
  const key = name.toLowerCase();
  const compactForms = compact === undefined ? [] : [compact, compact.toUpperCase()];
  return [...new Set([name, key, ...compactForms])].map((spelled) => ({ name: spelled, key }));
});

/** So that the hot path needs no lower-casing. */
const keysBySpelling = new Map(spellings.map(({ name, key }) => [name, key]));

const LETTERS = 32;
const longestName = Math.max(...spellings.map(({ name }) => name.length));

/** The spellings by length and first letter, few in each place: so a name is found without making a text of it. */
const spellingsByPlace: readonly (readonly Spelling[])[] = Array.from(
  { length: (longestName + 1) * LETTERS },
  (_, place) => spellings.filter(({ name }) => placeOf(name.length, name.charCodeAt(0)) === place),
);

function placeOf(length: number, firstCharacter: number): number {
  return length * LETTERS + (firstCharacter % LETTERS);
}

/** The usual spelling that stands in a text from `start` to `end`; undefined for any other name. */
export function spellingAt(text: string, start: number, end: number): Spelling | undefined {
  const candidates = spellingsByPlace[placeOf(end - start, text.charCodeAt(start))];
  if (candidates !== undefined) {
    for (const spelling of candidates) {
      if (text.startsWith(spelling.name, start)) {
        return spelling;
      }
    }
  }
  return undefined;
}

/** Long form in lower case, the key for every look-up: `v`, `VIA` and `Via` give `via`. */
export function headerKey(name: string): string {
  const known = keysBySpelling.get(name);
  if (known !== undefined) {
    return known;
  }
  return name.toLowerCase();
}

/** The rule for a name or key; undefined when the header is not known here. */
export function headerRule(name: string): HeaderRule | undefined {
  return rulesByKey.get(headerKey(name));
}

const commaLists = new Set(headerRules.filter((rule) => rule.list).map((rule) => rule.name.toLowerCase()));

/** True when a line with this key may hold several values, separated by commas. */
export function isCommaList(key: string): boolean {
  return commaLists.has(key);
}

/** Canonical spelling: `v` and `via` give `Via`; an unknown name stays as it is. */
export function canonicalName(name: string): string {
  return headerRule(name)?.name ?? name;
}
