import type { SdpDescription, SdpDirection } from './description.ts';

/** Why an SDP does not fit the one before it, with its clause. */
export interface OfferAnswerProblem {
  readonly reference: string;
  readonly text: string;
}

export function sends(direction: SdpDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: SdpDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function directionOf(send: boolean, receive: boolean): SdpDirection {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** The same flow as the other side writes it. */
export function reverseDirection(direction: SdpDirection): SdpDirection {
  return directionOf(receives(direction), sends(direction));
}

/**
 * The direction that holds when `answered` was given to `offered`, from the answerer's point of view.
 *
 * Deviation: RFC 3264 §6.1 forbids an answer that sends where the offer does not receive. Such answers (sendrecv to
 * sendonly) are common in the field, so they are narrowed to what both sides agree on.
 */
export function narrowDirection(offered: SdpDirection, answered: SdpDirection): SdpDirection {
  return directionOf(sends(answered) && receives(offered), receives(answered) && sends(offered));
}

/** An answer has the offer's media lines, in number, order and kind. @see RFC 3264 §6 */
export function checkAnswer(offer: SdpDescription, answer: SdpDescription): OfferAnswerProblem | undefined {
  if (offer.media.length !== answer.media.length) {
    return {
      reference: 'RFC 3264 §6',
      text: `the answer has ${answer.media.length} media lines, the offer ${offer.media.length}`,
    };
  }
  const index = answer.media.findIndex((media, line) => media.kind !== offer.media[line]?.kind);
  if (index === -1) return undefined;
  return { reference: 'RFC 3264 §6', text: `media line ${index + 1} of the answer is of another kind than offered` };
}

/**
 * A new offer keeps the media lines that the session has and may add some. The slot of a rejected line may be used again.
 * @see RFC 3264 §8
 */
export function checkNewOffer(before: SdpDescription, offer: SdpDescription): OfferAnswerProblem | undefined {
  if (offer.media.length < before.media.length) {
    return {
      reference: 'RFC 3264 §8',
      text: `the new offer has ${offer.media.length} media lines, the session ${before.media.length}`,
    };
  }
  const index = before.media.findIndex(
    (media, line) => !media.rejected && offer.media[line]?.rejected === false && offer.media[line].kind !== media.kind,
  );
  if (index === -1) return undefined;
  return { reference: 'RFC 3264 §8.3', text: `media line ${index + 1} of the new offer changes its kind` };
}
