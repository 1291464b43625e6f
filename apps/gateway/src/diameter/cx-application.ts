import type { Clock } from '@imslab/ims-core/ports/clock';
import type { CxResult } from '@imslab/ims-core/ports/cx-client';
import type { CxHandlers } from '@imslab/ims-core/ports/cx-handlers';
import type { CxCommandPair, CxRequestEnvelope } from '@imslab/ims-core/protocols/cx/command-pair';
import { lir } from '@imslab/ims-core/protocols/cx/lir';
import { mar } from '@imslab/ims-core/protocols/cx/mar';
import { sar } from '@imslab/ims-core/protocols/cx/sar';
import { uar } from '@imslab/ims-core/protocols/cx/uar';
import type { DiameterNode, ErrorAnswer } from '@imslab/ims-core/protocols/diameter/base-messages';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import { AnswerCache } from './answer-cache.ts';
import type { ApplicationAnswer, DiameterApplication } from './application.ts';
import type { Log } from './log.ts';

type Serve = (request: DiameterMessage) => Promise<ApplicationAnswer>;

interface CxApplicationOptions {
  readonly node: DiameterNode;
  readonly handlers: CxHandlers;
  readonly clock: Clock;
  readonly log: Log;
}

/** Cx as the HSS serves it: typed requests to the handlers, their answers to AVPs. @see TS 29.229 */
export function cxApplication({ node, handlers, clock, log }: CxApplicationOptions): DiameterApplication {
  const answers = new AnswerCache(clock);

  function pair<Request, Answer extends { readonly result: CxResult }>(
    command: CxCommandPair<Request, Answer>,
    handle: (request: Request) => Promise<Answer>,
  ): [number, Serve] {
    const serve: Serve = async (message) => {
      const reading = command.decodeRequest(message.avps);
      if (!reading.ok) return { ok: false, error: reading.problem };
      const { envelope, request } = reading.value;
      const misdirected = misdirection(envelope, node);
      if (misdirected !== undefined) return { ok: false, error: misdirected };
      try {
        const { originHost, originRealm } = node;
        const proxyInfo = envelope.proxyInfo ?? [];
        const answer = await handle(request);
        const avps = command.encodeAnswer(answer, {
          sessionId: envelope.sessionId,
          originHost,
          originRealm,
          proxyInfo,
        });
        return { ok: true, avps };
      } catch (error) {
        log.error({ err: error, command: command.command.request }, 'a Cx handler failed');
        const text = 'the request could not be served';
        return { ok: false, error: { resultCode: ResultCode.UNABLE_TO_COMPLY, text } };
      }
    };
    return [command.command.code, serve];
  }

  const commands = new Map<number, Serve>([
    pair(uar, (request) => handlers.userAuthorization(request)),
    pair(lir, (request) => handlers.locationInfo(request)),
    pair(mar, (request) => handlers.multimediaAuth(request)),
    pair(sar, (request) => handlers.serverAssignment(request)),
  ]);

  return {
    commandCodes: new Set(commands.keys()),
    serve: (message, originHost) =>
      answers.answer(message, originHost, async () => {
        const serve = commands.get(message.commandCode);
        if (serve === undefined) throw new Error(`command ${message.commandCode} is not served`);
        return serve(message);
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
function sameIdentity(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
