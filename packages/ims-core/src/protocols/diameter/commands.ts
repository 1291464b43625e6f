/** Application identifiers. @see RFC 6733 §11.3, TS 29.230 */
export const APPLICATION_BASE = 0;
export const APPLICATION_CX = 16_777_216;
/** What a relay advertises: every application. @see RFC 6733 §2.4 */
export const APPLICATION_RELAY = 4_294_967_295;

/** One pair of commands: a request and its answer share the code. */
export interface DiameterCommand {
  readonly code: number;
  readonly applicationId: number;
  /** Without `-Request` and `-Answer`. */
  readonly name: string;
  /** Short name of the request: `UAR`. */
  readonly request: string;
  /** Short name of the answer: `UAA`. */
  readonly answer: string;
  /** One line for a person who meets it for the first time. */
  readonly text: string;
  readonly reference: string;
}

/** The commands of the base that a peer needs, and all of Cx. */
export const commands = {
  CER: {
    code: 257,
    applicationId: APPLICATION_BASE,
    name: 'Capabilities-Exchange',
    request: 'CER',
    answer: 'CEA',
    text: 'The first message of a connection: who I am and which applications I speak.',
    reference: 'RFC 6733 §5.3',
  },
  DWR: {
    code: 280,
    applicationId: APPLICATION_BASE,
    name: 'Device-Watchdog',
    request: 'DWR',
    answer: 'DWA',
    text: 'Asks whether the peer is still there, when nothing else was sent for a while.',
    reference: 'RFC 6733 §5.5',
  },
  DPR: {
    code: 282,
    applicationId: APPLICATION_BASE,
    name: 'Disconnect-Peer',
    request: 'DPR',
    answer: 'DPA',
    text: 'Says goodbye and why, so that the peer does not think of a failure.',
    reference: 'RFC 6733 §5.4',
  },
  UAR: {
    code: 300,
    applicationId: APPLICATION_CX,
    name: 'User-Authorization',
    request: 'UAR',
    answer: 'UAA',
    text: 'The I-CSCF asks whether the user may register here and which S-CSCF serves them.',
    reference: 'TS 29.229 6.1.1',
  },
  SAR: {
    code: 301,
    applicationId: APPLICATION_CX,
    name: 'Server-Assignment',
    request: 'SAR',
    answer: 'SAA',
    text: 'The S-CSCF tells the HSS that it serves (or no longer serves) the user and takes the profile.',
    reference: 'TS 29.229 6.1.3',
  },
  LIR: {
    code: 302,
    applicationId: APPLICATION_CX,
    name: 'Location-Info',
    request: 'LIR',
    answer: 'LIA',
    text: 'The I-CSCF asks which S-CSCF serves the called user.',
    reference: 'TS 29.229 6.1.5',
  },
  MAR: {
    code: 303,
    applicationId: APPLICATION_CX,
    name: 'Multimedia-Auth',
    request: 'MAR',
    answer: 'MAA',
    text: 'The S-CSCF asks for authentication vectors.',
    reference: 'TS 29.229 6.1.7',
  },
  RTR: {
    code: 304,
    applicationId: APPLICATION_CX,
    name: 'Registration-Termination',
    request: 'RTR',
    answer: 'RTA',
    text: 'The HSS ends a registration.',
    reference: 'TS 29.229 6.1.9',
  },
  PPR: {
    code: 305,
    applicationId: APPLICATION_CX,
    name: 'Push-Profile',
    request: 'PPR',
    answer: 'PPA',
    text: 'The HSS sends a changed service profile.',
    reference: 'TS 29.229 6.1.11',
  },
} as const satisfies Readonly<Record<string, DiameterCommand>>;

const commandsByCode: ReadonlyMap<number, DiameterCommand> = new Map(
  Object.values(commands).map((command) => [command.code, command]),
);

export function commandOf(code: number): DiameterCommand | undefined {
  return commandsByCode.get(code);
}

/** `UAR`, `UAA` ...; `Command-<code>` when the table does not have it. */
export function commandShortName(code: number, request: boolean): string {
  const command = commandsByCode.get(code);
  if (command === undefined) return `Command-${code}`;
  return request ? command.request : command.answer;
}
