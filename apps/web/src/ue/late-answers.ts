import { headerLines, headerParam, listValues, nameAddr, startLine } from './sip-text.ts';

/** INVITEs that are remembered; the oldest goes first. */
const MAX_INVITES = 32;

/** What became of an INVITE that began a call. */
interface SentInvite {
  cancelled: boolean;
  /** To tag of the answer that made the call. */
  taken: string | undefined;
  /** To tags of the answers that JsSIP acknowledged. */
  readonly acknowledged: Set<string>;
  /** To tags of the answers that were hung up here. */
  readonly hungUp: Set<string>;
}

/**
 * Answers that come too late: a 2xx that crossed the CANCEL, and one of another phone when a call is there already. A UE acknowledges both and hangs
 * up. JsSIP leaves the first as it is, so that the called phone would repeat it for 32 s, and for the second it hangs up the call that is there.
 * @see RFC 3261 §9.1, §13.2.2.4, §15
 */
export class LateAnswers {
  readonly #newId: () => string;
  /** By Call-ID and CSeq number. */
  readonly #invites = new Map<string, SentInvite>();

  /** @param newId what makes a branch unique */
  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** JsSIP sends a message. */
  sent(text: string): void {
    const [method] = startLine(text).split(' ', 1);
    if (method !== 'INVITE' && method !== 'CANCEL' && method !== 'ACK') return;
    const toTag = toTagOf(text);
    const invite = this.#invites.get(keyOf(text));
    if (method === 'CANCEL' && invite !== undefined) invite.cancelled = true;
    else if (method === 'ACK') invite?.acknowledged.add(toTag);
    else if (method === 'INVITE' && toTag === '') this.#remember(keyOf(text));
  }

  /** Lets JsSIP have a message that came, unless it would do the wrong thing. Returns what the UE has to send now. */
  received(text: string, giveToJsSip: () => void): readonly string[] {
    const invite = isAnswer(text) ? this.#invites.get(keyOf(text)) : undefined;
    const toTag = toTagOf(text);
    if (invite === undefined || toTag === '') {
      giveToJsSip();
      return [];
    }
    invite.taken ??= toTag;
    if (invite.taken === toTag) {
      giveToJsSip();
      if (!invite.cancelled || invite.acknowledged.has(toTag)) return [];
    }
    const number = Number(headerLines(text, 'CSeq')[0]?.split(/\s/, 1)[0]);
    const acknowledgement = this.#within(text, 'ACK', number);
    if (invite.hungUp.has(toTag)) return [acknowledgement];
    invite.hungUp.add(toTag);
    return [acknowledgement, this.#within(text, 'BYE', number + 1)];
  }

  #remember(key: string): void {
    if (this.#invites.has(key)) return;
    const oldest = this.#invites.keys().next();
    if (this.#invites.size >= MAX_INVITES && !oldest.done) this.#invites.delete(oldest.value);
    this.#invites.set(key, { cancelled: false, taken: undefined, acknowledged: new Set(), hungUp: new Set() });
  }

  /** A request in the dialog that the answer made. @see RFC 3261 §12.1.2, §12.2.1.1 */
  #within(answer: string, method: 'ACK' | 'BYE', number: number): string {
    const [via = ''] = (headerLines(answer, 'Via', 'v')[0] ?? '').split(';', 1);
    const target = nameAddr(headerLines(answer, 'Contact', 'm')[0] ?? '').uri;
    const routes = headerLines(answer, 'Record-Route').flatMap(listValues).toReversed();
    return [
      `${method} ${target} SIP/2.0`,
      `Via: ${via};branch=z9hG4bK${this.#newId()}`,
      'Max-Forwards: 70',
      ...routes.map((route) => `Route: ${route}`),
      `From: ${headerLines(answer, 'From', 'f')[0] ?? ''}`,
      `To: ${headerLines(answer, 'To', 't')[0] ?? ''}`,
      `Call-ID: ${headerLines(answer, 'Call-ID', 'i')[0] ?? ''}`,
      `CSeq: ${number} ${method}`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  }
}

/** True for a 2xx to an INVITE. */
function isAnswer(text: string): boolean {
  return /^SIP\/2\.0 2/.test(startLine(text)) && /\sINVITE$/.test(headerLines(text, 'CSeq')[0] ?? '');
}

function keyOf(text: string): string {
  const [number = ''] = (headerLines(text, 'CSeq')[0] ?? '').split(/\s/, 1);
  return `${headerLines(text, 'Call-ID', 'i')[0] ?? ''} ${number}`;
}

function toTagOf(text: string): string {
  return headerParam(nameAddr(headerLines(text, 'To', 't')[0] ?? '').params, 'tag') ?? '';
}
