import type { Clock } from '../../src/ports/clock.ts';
import type {
  CxClient,
  CxOutcome,
  CxResult,
  LocationInfoAnswer,
  LocationInfoRequest,
  MultimediaAuthAnswer,
  MultimediaAuthRequest,
  ServerAssignmentAnswer,
  ServerAssignmentRequest,
  UserAuthorizationAnswer,
  UserAuthorizationRequest,
} from '../../src/ports/cx-client.ts';
import type { CxHandlers } from '../../src/ports/cx-handlers.ts';
import type {
  CxPushAnswer,
  CxPushHandlers,
  PushProfileRequest,
  RegistrationTerminationRequest,
} from '../../src/ports/cx-push.ts';
import type { CauseHolder, TraceSink } from '../../src/ports/trace-sink.ts';
import type { TraceParty } from '../../src/trace/event.ts';

interface CxCommands {
  UAR: { request: UserAuthorizationRequest; answer: UserAuthorizationAnswer };
  LIR: { request: LocationInfoRequest; answer: LocationInfoAnswer };
  MAR: { request: MultimediaAuthRequest; answer: MultimediaAuthAnswer };
  SAR: { request: ServerAssignmentRequest; answer: ServerAssignmentAnswer };
}
type Command = keyof CxCommands;
type Outcome<C extends Command> = CxOutcome<CxCommands[C]['answer']>;
/** The same outcome for all requests, or one for each. */
type Script<C extends Command> = Outcome<C> | ((request: CxCommands[C]['request']) => Outcome<C>);
type Answers = { [C in Command]?: Script<C> };

const COMMAND_CODES = { UAR: 300, SAR: 301, LIR: 302, MAR: 303, RTR: 304, PPR: 305 } as const;
type CommandName = keyof typeof COMMAND_CODES;
const HSS: TraceParty = { node: 'hss', id: '', label: 'HSS' };

/** Nothing comes back. */
export const hssSilent = { ok: false, failure: 'timeout', text: 'the HSS did not answer' } as const;
/** There is no connection. */
export const hssDown = { ok: false, failure: 'peer-down', text: 'no connection to the HSS' } as const;

/** An answer with nothing but a result. */
export function cxAnswer(vendor: number, code: number): { ok: true; answer: { result: CxResult; authDataItems: [] } } {
  return { ok: true, answer: { result: { vendor, code }, authDataItems: [] } };
}

/** Cx without Diameter: calls the HSS's handlers, keeps the requests, writes the trace, and fails where a test wants it. */
export class DirectCx implements CxClient {
  readonly uars: UserAuthorizationRequest[] = [];
  readonly lirs: LocationInfoRequest[] = [];
  readonly mars: MultimediaAuthRequest[] = [];
  readonly sars: ServerAssignmentRequest[] = [];
  readonly #handlers: CxHandlers;
  readonly #node: TraceParty;
  readonly #trace: TraceSink;
  readonly #clock: Clock;
  #answers: Answers = {};
  #served: CxPushHandlers | undefined;

  constructor(handlers: CxHandlers, node: TraceParty, trace: TraceSink, clock: Clock) {
    this.#handlers = handlers;
    this.#node = node;
    this.#trace = trace;
    this.#clock = clock;
  }

  /** From now on these commands get these outcomes; the others reach the HSS. */
  answer(answers: Answers): void {
    this.#answers = answers;
  }

  userAuthorization(
    request: UserAuthorizationRequest,
    cause: CauseHolder,
  ): Promise<CxOutcome<UserAuthorizationAnswer>> {
    this.uars.push(request);
    return this.#run(
      'UAR',
      outcomeOf(this.#answers.UAR, request),
      () => this.#handlers.userAuthorization(request),
      request.publicIdentity,
      cause,
    );
  }

  locationInfo(request: LocationInfoRequest, cause: CauseHolder): Promise<CxOutcome<LocationInfoAnswer>> {
    this.lirs.push(request);
    return this.#run(
      'LIR',
      outcomeOf(this.#answers.LIR, request),
      () => this.#handlers.locationInfo(request),
      request.publicIdentity,
      cause,
    );
  }

  multimediaAuth(request: MultimediaAuthRequest, cause: CauseHolder): Promise<CxOutcome<MultimediaAuthAnswer>> {
    this.mars.push(request);
    return this.#run(
      'MAR',
      outcomeOf(this.#answers.MAR, request),
      () => this.#handlers.multimediaAuth(request),
      request.publicIdentity,
      cause,
    );
  }

  serverAssignment(request: ServerAssignmentRequest, cause: CauseHolder): Promise<CxOutcome<ServerAssignmentAnswer>> {
    this.sars.push(request);
    const [publicIdentity = ''] = request.publicIdentities;
    return this.#run(
      'SAR',
      outcomeOf(this.#answers.SAR, request),
      () => this.#handlers.serverAssignment(request),
      publicIdentity,
      cause,
    );
  }

  serve(handlers: CxPushHandlers): void {
    this.#served = handlers;
  }

  /** The HSS ends a registration. */
  registrationTermination(request: RegistrationTerminationRequest): Promise<CxPushAnswer> {
    const [publicIdentity = request.userName] = request.publicIdentities;
    return this.#push('RTR', request.userName, publicIdentity, (served, cause) =>
      served.registrationTermination(request, cause),
    );
  }

  /** The HSS sends a changed profile. */
  pushProfile(request: PushProfileRequest): Promise<CxPushAnswer> {
    return this.#push('PPR', request.userName, request.userName, (served, cause) => served.pushProfile(request, cause));
  }

  async #push(
    command: 'RTR' | 'PPR',
    userName: string,
    publicIdentity: string,
    ask: (served: CxPushHandlers, cause: CauseHolder) => Promise<CxPushAnswer>,
  ): Promise<CxPushAnswer> {
    if (this.#served === undefined) throw new Error('the node serves no Cx requests');
    const asked = this.#record(command, undefined, publicIdentity, null, userName);
    const cause = { cause: asked };
    const answer = await ask(this.#served, cause);
    this.#record(command, answer.result, publicIdentity, cause.cause, userName);
    return answer;
  }

  async #run<Answer extends { readonly result: CxResult }>(
    command: Command,
    scripted: CxOutcome<Answer> | undefined,
    handle: () => Promise<Answer>,
    publicIdentity: string,
    cause: CauseHolder,
  ): Promise<CxOutcome<Answer>> {
    const asked = this.#record(command, undefined, publicIdentity, cause.cause);
    const outcome: CxOutcome<Answer> = scripted ?? { ok: true, answer: await handle() };
    if (outcome.ok) cause.cause = this.#record(command, outcome.answer.result, publicIdentity, asked);
    return outcome;
  }

  #record(
    command: CommandName,
    result: CxResult | undefined,
    publicIdentity: string,
    cause: number | null,
    userName = '',
  ): number {
    const request = result === undefined;
    const fromNode = request !== (command === 'RTR' || command === 'PPR');
    return this.#trace.record({
      kind: 'diameter',
      from: fromNode ? this.#node : HSS,
      to: fromNode ? HSS : this.#node,
      time: this.#clock.now(),
      cause,
      diameter: {
        command: request ? command : command.replace(/R$/, 'A'),
        commandCode: COMMAND_CODES[command],
        request,
        applicationId: 16_777_216,
        hopByHop: 0,
        endToEnd: 0,
        sessionId: '',
        resultCode: result?.code ?? 0,
        resultVendor: result?.vendor ?? 0,
        resultName: '',
        userName,
        publicIdentity,
        avps: [],
        length: 0,
      },
    });
  }
}

function outcomeOf<Request, Answer>(
  script: CxOutcome<Answer> | ((request: Request) => CxOutcome<Answer>) | undefined,
  request: Request,
): CxOutcome<Answer> | undefined {
  return typeof script === 'function' ? script(request) : script;
}
