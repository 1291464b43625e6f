import type { CauseHolder } from '@imslab/ims-core/ports/trace-sink';
import type { ErrorAnswer } from '@imslab/ims-core/protocols/diameter/base-messages';
import { APPLICATION_BASE, APPLICATION_CX, commandOf } from '@imslab/ims-core/protocols/diameter/commands';
import { type DiameterMessage, HEADER_OCTETS } from '@imslab/ims-core/protocols/diameter/message';
import { ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import type { MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';

/** The octets of an answer, or what the request was refused for. */
export type ApplicationAnswer =
  | { readonly ok: true; readonly octets: Uint8Array }
  | { readonly ok: false; readonly error: ErrorAnswer };

/** What a peer serves besides the base: the HSS the requests of the CSCFs, an S-CSCF those of the HSS. */
export interface DiameterApplication {
  /** Codes of the commands that it answers. */
  readonly commandCodes: ReadonlySet<number>;
  /** Answers one request that was read whole. */
  serve(request: DiameterMessage, arrival: RequestArrival): Promise<ApplicationAnswer>;
}

/** How a request came. */
export interface RequestArrival {
  /** Origin-Host of the peer that sent it; behind a relay that is not the one in the request. */
  readonly peerHost: string;
  /** The request's trace number; what the application does for it is shown as its effect, and the answer as the last one's. */
  readonly cause: CauseHolder;
}

/** Why a request is refused before the application sees it, in the order of RFC 6733 §7.1.3 and §7.1.5; undefined when it is not. */
export function refusalOf(layout: MessageLayout, served: ReadonlySet<number>): ErrorAnswer | undefined {
  const { header, error } = layout;
  if (error !== undefined && error.offset < HEADER_OCTETS) return error;
  if (header.applicationId !== APPLICATION_BASE && header.applicationId !== APPLICATION_CX) {
    return {
      resultCode: ResultCode.APPLICATION_UNSUPPORTED,
      text: `application ${header.applicationId} is not served`,
    };
  }
  const applicationId = commandOf(header.commandCode)?.applicationId;
  if (applicationId !== header.applicationId || !served.has(header.commandCode)) {
    return { resultCode: ResultCode.COMMAND_UNSUPPORTED, text: `command ${header.commandCode} is not served` };
  }
  return error;
}
