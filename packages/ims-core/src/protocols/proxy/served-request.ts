import type { SipFlow } from '../../ports/sip-transport.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ServerUser } from '../transaction/server.ts';
import { type ResponseRoute, responseRoute, sendResponse } from './response-route.ts';
import type { ServerLeg } from './server-leg.ts';
import type { StackContext } from './stack-context.ts';

/** Takes an ACK to a 2xx that came on the INVITE's own branch. */
export type TakeAck = (flow: SipFlow, ack: SipRequest, arrival: number) => void;

/** Sends the responses of one server transaction on their way, and holds of its request only what they need. */
export class ServedRequest implements ServerUser {
  /** Of an INVITE, which a CANCEL may name. */
  leg: ServerLeg | undefined;
  readonly #context: StackContext;
  readonly #route: ResponseRoute;
  readonly #arrival: number;
  readonly #takeAck: TakeAck;

  constructor(context: StackContext, flow: SipFlow, request: SipRequest, arrival: number, takeAck: TakeAck) {
    this.#context = context;
    this.#route = responseRoute(flow, request);
    this.#arrival = arrival;
    this.#takeAck = takeAck;
  }

  transmit(response: Edited<SipResponse>, wire: Uint8Array, cause: number | null): boolean {
    return sendResponse(this.#context, this.#route, response, cause, wire);
  }

  ack(ack: SipRequest, arrival: number): void {
    this.#takeAck(this.#route.flow, ack, arrival);
  }

  failed(kind: 'timeout' | 'transport'): void {
    const { sender } = this.#context;
    const { flow } = this.#route;
    if (kind === 'timeout') {
      const text = 'no ACK came for the refusal of an INVITE (timer H, RFC 3261 §17.2.1)';
      sender.note('SIP_NO_ACK', text, this.#arrival, flow);
    } else {
      sender.note('SIP_RESPONSE_LOST', 'a response could not be sent (RFC 6026 §8.4)', this.#arrival, flow);
    }
  }
}
