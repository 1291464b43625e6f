/** Something that went wrong, as a person would say it. */
export interface Trouble {
  /** `notice`: the network did its work, and this is how it ended. */
  readonly severity: 'notice' | 'problem';
  /** What happened. */
  readonly text: string;
  /** What to try; empty when there is nothing to try. */
  readonly advice: string;
  /** As the wire said it: `404 Not Found`; empty when no answer came. */
  readonly wire: string;
}

interface Answer {
  /** 0 when there was no final response. */
  readonly status: number;
  readonly reason: string;
  /** JsSIP's cause, for failures without a response. */
  readonly cause: string;
  readonly retryAfterS: number | null;
}

/** Statuses by which a person at the other end, or their absence, answers. */
const notices: ReadonlySet<number> = new Set([408, 480, 486, 487, 600, 603]);

type Words = readonly [text: string, advice: string];

const retryHint = (retryAfterS: number | null) =>
  retryAfterS === null ? 'Try again in a moment.' : `The network asks to try again in ${retryAfterS} s.`;

/** Why an outgoing call failed. `who` is the name of the called person. */
export function callTrouble(who: string, answer: Answer): Trouble {
  const [text, advice] = callWords(who, answer);
  return { severity: notices.has(answer.status) ? 'notice' : 'problem', text, advice, wire: wireOf(answer) };
}

function callWords(who: string, { status, cause, retryAfterS }: Answer): Words {
  switch (status) {
    case 0:
      return localWords(cause);
    case 403:
      return ['The network refused the call', 'Deregister, register and call again.'];
    case 404:
    case 604:
      return ['No such user', `Nobody in the lab is called “${who}”. Check the name or the number.`];
    case 408:
      return [`${who} did not answer`, 'Try again later.'];
    case 410:
      return [`${who} has gone`, 'The number is not in use any more.'];
    case 416:
    case 484:
      return ['The network does not understand that address', 'Call a name, a number or sip:name@domain.'];
    case 480:
      return retryAfterS === null
        ? [`${who} is not reachable`, `${who}’s phone is not registered, or nobody answered.`]
        : ['The network cannot place the call now', retryHint(retryAfterS)];
    case 486:
    case 600:
      return [`${who} is busy`, 'Try again later.'];
    case 487:
      return ['The call was cancelled', ''];
    case 488:
    case 606:
      return ['The phones have no codec in common', 'Nothing to be done here: the other side cannot take this media.'];
    case 500:
    case 502:
      return ['The network had a problem with the call', 'The ladder shows which box answered.'];
    case 503:
      return ['The network is overloaded or a box is down', retryHint(retryAfterS)];
    case 504:
      return ['A box of the network did not answer in time', retryHint(retryAfterS)];
    case 603:
      return [`${who} declined the call`, ''];
    default:
      return ['The call failed', 'The ladder shows which box answered, and what.'];
  }
}

function localWords(cause: string): Words {
  switch (cause) {
    case 'Canceled':
      return ['Call cancelled', ''];
    case 'Connection Error':
      return ['The connection to the lab was lost', 'The phone registers again by itself; then call again.'];
    case 'Request Timeout':
      return ['No answer from the P-CSCF', 'Is the lab still running?'];
    case 'RTP Timeout':
      return [
        'No path for the voice',
        'The browser could not reach the media relay: check firewall and media address.',
      ];
    case 'WebRTC Error':
    case 'Bad Media Description':
    case 'Missing SDP':
      return ['The browser could not set up the media', 'The ladder shows the session descriptions.'];
    default:
      return [`The call failed (${cause})`, ''];
  }
}

/** Why a message was not delivered. `who` is the name of the person it was for. */
export function messageTrouble(who: string, answer: Answer): Trouble {
  const [text, advice] = messageWords(who, answer);
  return { severity: notices.has(answer.status) ? 'notice' : 'problem', text, advice, wire: wireOf(answer) };
}

function messageWords(who: string, { status, cause, retryAfterS }: Answer): Words {
  switch (status) {
    case 0:
      return [`Not sent: ${cause === 'Connection Error' ? 'no connection to the lab' : 'no answer'}`, ''];
    case 403:
      return ['Not delivered: the network refused it', 'Deregister, register and send it again.'];
    case 404:
    case 604:
      return [`Not delivered: nobody is called “${who}”`, 'Check the name or the number.'];
    case 408:
    case 430:
    case 480:
      return [`Not delivered: ${who} is not reachable`, `${who}’s phone is not registered.`];
    case 405:
    case 415:
    case 501:
      return [`Not delivered: ${who}’s phone takes no messages`, ''];
    case 413:
    case 513:
      return ['Not delivered: it is too long', ''];
    case 500:
    case 503:
    case 504:
      return ['Not delivered: the network has a problem', retryHint(retryAfterS)];
    case 603:
      return [`Not delivered: ${who} declined it`, ''];
    default:
      return ['Not delivered', 'The ladder shows which box answered, and what.'];
  }
}

/** Why a registration failed; `retryInS` is when the phone tries again by itself, null when it does not. */
export function registrationTrouble(answer: Answer, macFailure: boolean, retryInS: number | null): Trouble {
  const [text, advice] = registrationWords(answer, macFailure);
  return {
    severity: 'problem',
    text,
    advice: retryInS === null ? advice : `Trying again in ${retryInS} s.`,
    wire: wireOf(answer),
  };
}

/** The network ended the registration without being asked; `retryInS` is when the phone registers by itself, null when it does not. */
export function networkEndTrouble(retryInS: number | null): Trouble {
  return {
    severity: 'problem',
    text: 'The network ended your registration',
    advice:
      retryInS === null ? 'It does not want this SIM now. Register to ask again.' : `Trying again in ${retryInS} s.`,
    wire: '',
  };
}

function registrationWords({ status, cause }: Answer, macFailure: boolean): Words {
  if (macFailure) {
    return [
      'The network did not prove that it knows this SIM',
      'The HSS has another key (K or OPc) for it: compare both.',
    ];
  }
  switch (status) {
    case 0:
      return cause === 'Connection Error'
        ? ['The connection to the lab was lost', 'Is the lab running? The phone keeps trying.']
        : ['No answer from the network', 'Is the lab running? Then try again.'];
    case 401:
    case 407:
      return ['SIM and network could not agree', 'The network challenged the SIM again and again. Try once more.'];
    case 403:
      return [
        'The network refused this SIM',
        'Its key or identity is wrong, or it is barred. Check it, then try again.',
      ];
    case 404:
      return ['The network does not know this SIM', 'The HSS has no such subscriber. Add it, or take another SIM.'];
    case 423:
      return ['The network wants longer registrations', 'Try again.'];
    case 480:
    case 500:
    case 503:
    case 504:
      return ['A box of the network did not answer', 'Is the HSS up? The ladder shows where it stopped.'];
    default:
      return ['Registration failed', 'The ladder shows which box answered, and what.'];
  }
}

function wireOf({ status, reason }: Answer): string {
  return status === 0 ? '' : `${status} ${reason}`.trim();
}
