import { createSipStack, type RunningSipStack } from '../../src/protocols/proxy/create-sip-stack.ts';
import { popOwnRoutes } from '../../src/protocols/proxy/route.ts';
import type { IncomingRequest } from '../../src/protocols/proxy/stack.ts';
import { request } from '../../src/protocols/sip/build.ts';
import { MessageEdit } from '../../src/protocols/sip/edit.ts';
import type { SipRequest } from '../../src/protocols/sip/message.ts';
import { isOwnUri } from '../../src/protocols/sip/own-uri.ts';
import { header, headerValues, routes, tagOf } from '../../src/protocols/sip/read.ts';
import { type BoxName, type CoreLab, D } from './core-lab.ts';

/** What an application server does with an initial request. */
export type AsBehaviour = (as: ScriptedAs, incoming: IncomingRequest) => Promise<void> | void;

/** A SIP application server that does with each initial request what the test says; requests within a dialog go their way. */
export class ScriptedAs {
  /** Initial requests that came, the REGISTERs too. */
  readonly requests: SipRequest[] = [];
  readonly uri: string;
  readonly stack: RunningSipStack;
  behaviour: AsBehaviour;

  private constructor(lab: CoreLab, name: BoxName & ('as' | 'as2'), behaviour: AsBehaviour) {
    this.uri = `sip:${name}.${D}:5080`;
    this.behaviour = behaviour;
    this.stack = createSipStack({
      ...lab.shared(name, name === 'as' ? 8 : 9),
      node: { node: 'as', id: name === 'as' ? '' : name, label: name === 'as' ? 'AS' : 'AS 2' },
      isOwn: (uri) => isOwnUri(uri, this.uri),
      handler: (incoming) => this.#handle(incoming),
    });
  }

  static async start(lab: CoreLab, behaviour: AsBehaviour, name: 'as' | 'as2' = 'as'): Promise<ScriptedAs> {
    const as = new ScriptedAs(lab, name, behaviour);
    await as.stack.start();
    return as;
  }

  /** The only initial request that came. */
  get request(): SipRequest {
    const [first, ...others] = this.requests;
    if (first === undefined || others.length > 0) throw new Error(`${this.requests.length} requests came to the AS`);
    return first;
  }

  close(): Promise<void> {
    return this.stack.close();
  }

  /** The request without the own Route entry. */
  edit(incoming: IncomingRequest): MessageEdit<SipRequest> {
    const edit = new MessageEdit(incoming.message);
    popOwnRoutes(edit, (uri) => isOwnUri(uri, this.uri));
    return edit;
  }

  async #handle(incoming: IncomingRequest): Promise<void> {
    const { message } = incoming;
    if (message.method === 'ACK') {
      if (routes(message, 'Route').length > 0) this.stack.forwardStateless(incoming, this.edit(incoming).done());
      return;
    }
    if (tagOf(message, 'To') !== '') {
      const hasWay = routes(message, 'Route').length > 1;
      if (hasWay) await this.stack.forward(incoming, [{ request: this.edit(incoming).done() }]);
      else incoming.respond(200);
      return;
    }
    this.requests.push(message);
    await this.behaviour(this, incoming);
  }
}

/** Returns the request as it came. @param record stays on the path of the dialog */
export function proxies({
  record = false,
  transport = 'tcp',
}: {
  record?: boolean;
  transport?: string;
} = {}): AsBehaviour {
  return async (as, incoming) => {
    const edit = as.edit(incoming);
    if (record) edit.prepend('Record-Route', `<${as.uri};transport=${transport};lr>`, 'the AS stays on the path');
    await as.stack.forward(incoming, [{ request: edit.done() }]);
  };
}

/** Answers, as the called party or with an error. */
export function answers(status: number, headers: readonly (readonly [string, string])[] = []): AsBehaviour {
  return (as, incoming) => {
    const { message } = incoming;
    if (status >= 300 || message.method === 'REGISTER') {
      incoming.respond(status, { headers });
      return;
    }
    const routed = headerValues(message, 'Record-Route').map((route) => ['Record-Route', route] as const);
    incoming.respond(status, {
      headers: [...routed, ['Contact', `<${as.uri}>`], ['Content-Type', 'application/sdp'], ...headers],
      body: 'answer of the AS',
    });
  };
}

/** Says 180 first. */
export function ringsThen(behaviour: AsBehaviour): AsBehaviour {
  return async (as, incoming) => {
    incoming.respond(180);
    await behaviour(as, incoming);
  };
}

/** Returns the request with another target. */
export function retargets(uri: string, history: readonly string[] = []): AsBehaviour {
  return async (as, incoming) => {
    const edit = as.edit(incoming).requestUri(uri, 'another target');
    for (const entry of history) edit.append('History-Info', entry, 'where it was meant to go');
    await as.stack.forward(incoming, [{ request: edit.done() }]);
  };
}

/** Ends the request here and makes one of its own, with another Call-ID and another tag, on the identifier that it got. */
export const actsAsB2bua: AsBehaviour = async (as, incoming) => {
  const { message } = incoming;
  const way = as.edit(incoming).current;
  const own = request(
    message.method,
    message.uri,
    [
      ['Max-Forwards', '70'],
      ...headerValues(way, 'Route').map((route) => ['Route', route] as const),
      ['From', (header(message, 'From') ?? '').replace(/;tag=.*/, ';tag=b2bua')],
      ['To', header(message, 'To') ?? ''],
      ['Call-ID', `b2bua-${header(message, 'Call-ID')}`],
      ['CSeq', `7 ${message.method}`],
      ['Contact', `<${as.uri}>`],
      ...headerValues(message, 'P-Asserted-Identity').map((value) => ['P-Asserted-Identity', value] as const),
    ],
    message.body,
  );
  const final = await as.stack.request({ request: { message: own, changes: [] } }, incoming);
  answers(final.status)(as, incoming);
};
