import type { Clock } from '@imslab/ims-core/ports/clock';
import type { CxResult } from '@imslab/ims-core/ports/cx-client';
import type { CxCommandPair, CxRequestEnvelope } from '@imslab/ims-core/protocols/cx/command-pair';
import type { DiameterNode, ErrorAnswer } from '@imslab/ims-core/protocols/diameter/base-messages';
import { answerHeader, type DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import { AnswerCache } from './answer-cache.ts';
import type { ApplicationAnswer, DiameterApplication, RequestArrival } from './application.ts';
import { encodeMessage } from './codec.ts';
import type { Log } from './log.ts';

/** A Cx request with all that is known of where it came from. */
export interface ServedRequest<Request> extends RequestArrival {
  readonly request: Request;
  readonly envelope: CxRequestEnvelope;
}

/** One command that a node answers. */
export interface ServedCommand {
  readonly code: number;
  serve(node: DiameterNode, message: DiameterMessage, arrival: RequestArrival, log: Log): Promise<ApplicationAnswer>;
}

/**
 * A command with its typed handler: AVPs to a typed request, its answer to AVPs. A handler that rejects is answered with 5012.
 * `answered` is told of each answer of the handler, before it is sent.
 */
export function servedCommand<Request, Answer extends { readonly result: CxResult }>(
  pair: CxCommandPair<Request, Answer>,
  handle: (served: ServedRequest<Request>) => Promise<Answer>,
  answered?: (served: ServedRequest<Request>, answer: Answer) => void,
): ServedCommand {
  return {
    code: pair.command.code,
    async serve(node, message, { peerHost, cause }, log) {
      const reading = pair.decodeRequest(message.avps);
      if (!reading.ok) return { ok: false, error: reading.problem };
      const { envelope, request } = reading.value;
      const misdirected = misdirection(envelope, node);
      if (misdirected !== undefined) return { ok: false, error: misdirected };
      try {
        const served = { request, envelope, peerHost, cause };
        const answer = await handle(served);
        answered?.(served, answer);
        const { originHost, originRealm } = node;
        const { sessionId, proxyInfo } = envelope;
        const avps = pair.encodeAnswer(answer, { sessionId, originHost, originRealm, proxyInfo });
        // Octets are all that is kept for a duplicate: of the AVPs and their values, four minutes would leave many objects.
        return { ok: true, octets: encodeMessage(answerHeader(message, false), avps) };
      } catch (error) {
        log.error({ err: error, command: pair.command.request }, 'a Cx handler failed');
        const text = 'the request could not be served';
        return { ok: false, error: { resultCode: ResultCode.UNABLE_TO_COMPLY, text } };
      }
    },
  };
}

interface ServedApplicationOptions {
  readonly node: DiameterNode;
  readonly clock: Clock;
  readonly log: Log;
}

/** These commands as an application; a duplicate gets the answer of the first. */
export function servedApplication(
  { node, clock, log }: ServedApplicationOptions,
  served: readonly ServedCommand[],
): DiameterApplication {
  const answers = new AnswerCache(clock);
  const commands = new Map(served.map((command) => [command.code, command]));
  return {
    commandCodes: new Set(commands.keys()),
    serve: (message, arrival) =>
      answers.answer(message, arrival.peerHost, () => {
        const command = commands.get(message.commandCode);
        if (command === undefined) throw new Error(`command ${message.commandCode} is not served`);
        return command.serve(node, message, arrival, log);
      }),
  };
}

/** Why a request is not for this node. @see RFC 6733 §6.1.4, §6.1.6 */
function misdirection(envelope: CxRequestEnvelope, node: DiameterNode): ErrorAnswer | undefined {
  if (!sameIdentity(envelope.destinationRealm, node.originRealm)) {
    return { resultCode: ResultCode.REALM_NOT_SERVED, text: 'this realm is not served here' };
  }
  if (envelope.destinationHost !== undefined && !sameIdentity(envelope.destinationHost, node.originHost)) {
    return { resultCode: ResultCode.UNABLE_TO_DELIVER, text: 'that host is not known here' };
  }
  return undefined;
}

/** Diameter identities are FQDNs: letter case does not count. @see RFC 6733 §4.3.1 */
export function sameIdentity(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase();
}
