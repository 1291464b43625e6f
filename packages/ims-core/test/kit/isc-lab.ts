import { expect } from 'vitest';
import type { InitialFilterCriterion } from '../../src/ports/service-profile.ts';
import { response } from '../../src/protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { header, headerValues } from '../../src/protocols/sip/read.ts';
import { CoreLab, D, tcpHop } from './core-lab.ts';
import { setServices } from './filter-criterion.ts';
import { type AsBehaviour, ScriptedAs } from './scripted-as.ts';
import { SipPeer } from './sip-peer.ts';
import { TestUe } from './test-ue.ts';

export const BOB = `sip:+15550001002@${D}`;
export const CAROL = `sip:+15550001003@${D}`;
/** Where a request comes back from an application server. */
export const ODI = `<sip:odi-[0-9a-f]{24}@scscf\\.${D}:6060;transport=tcp;lr>`;
export const AS_ROUTE = `<sip:as.${D}:5080;lr>`;
export const [ORIG, TERM] = ['ORIGINATING_REGISTERED', 'TERMINATING_REGISTERED'] as const;
export const UNREGISTERED = 'TERMINATING_UNREGISTERED';

/** The core with Alice, who calls, Bob, whose phone answers everything, and application servers as a test wants them. */
export class IscLab {
  readonly core: CoreLab;
  readonly alice = new TestUe('Alice');
  readonly bob = new TestUe('Bob');
  /** Requests that reached the P-CSCF on their way to a UE. */
  readonly arrived: SipRequest[] = [];
  readonly #servers: { close(): Promise<void> }[] = [];

  private constructor(core: CoreLab) {
    this.core = core;
    core.pcscf.onMessage = (message) => {
      if (message.kind !== 'request') return;
      this.arrived.push(message);
      if (message.method !== 'ACK') core.pcscf.reply(message, ok(message));
    };
  }

  static async start(): Promise<IscLab> {
    return new IscLab(await CoreLab.start());
  }

  /** Ends all. Fails when a box had something to tell its operator. */
  async close(): Promise<void> {
    expect(this.core.errors).toEqual([]);
    for (const server of this.#servers) await server.close();
    await this.core.close();
  }

  async startAs(behaviour: AsBehaviour, name: 'as' | 'as2' = 'as'): Promise<ScriptedAs> {
    const as = await ScriptedAs.start(this.core, behaviour, name);
    this.#servers.push(as);
    return as;
  }

  async startSilentAs(): Promise<SipPeer> {
    const as = await SipPeer.start(this.core.network.node([tcpHop('as')]));
    this.#servers.push(as);
    return as;
  }

  /** Registers both, with services of each. */
  async register(services: { Alice?: InitialFilterCriterion[]; Bob?: InitialFilterCriterion[] } = {}): Promise<void> {
    await setServices(this.core, 'Alice', services.Alice ?? []);
    await setServices(this.core, 'Bob', services.Bob ?? []);
    await this.alice.registerAt(this.core);
    await this.bob.registerAt(this.core);
  }

  /** Alice calls; the final response, after as much time as a long chain of servers takes. */
  async call(uri = BOB): Promise<SipResponse> {
    const { pcscf, clock } = this.core;
    const before = pcscf.responses.length;
    await this.core.send('scscf', this.alice.initial('INVITE', uri));
    await clock.advance(1_000);
    const final = pcscf.responses.slice(before).find(({ status }) => status >= 200);
    return final ?? expect.fail(`no final response, but ${pcscf.log.join(' ')}`);
  }

  /** The one request that reached a UE. */
  only(): SipRequest {
    return (this.arrived.length === 1 ? this.arrived[0] : undefined) ?? expect.fail(`${this.arrived.length} came`);
  }

  /** Texts of the notes with this code. */
  notes(code: string): string[] {
    return this.core.trace.events.flatMap((event) =>
      event.kind === 'note' && event.note.code === code ? [event.note.text] : [],
    );
  }
}

function ok(message: SipRequest): SipResponse {
  return response(message, 200, {
    toTag: 'bob',
    headers: [
      ...headerValues(message, 'Record-Route').map((route) => ['Record-Route', route] as const),
      ['Contact', '<sip:bob@phone.invalid;transport=ws>'],
    ],
  });
}

/** User part and box of each Record-Route entry. */
export function recordRoutes(message: SipRequest): string[] {
  return headerValues(message, 'Record-Route').map(
    (route) => /<sip:(?:([^@]*)@)?([a-z0-9]*)/.exec(route)?.slice(1, 3).join(' ') ?? '',
  );
}

export function vector(message: SipRequest): string {
  return header(message, 'P-Charging-Vector') ?? '';
}
