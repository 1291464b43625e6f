import { machine, type Row } from '@imslab/ims-core/protocols/transaction/machine';

/**
 * What can happen to a connection between two peers. Where the RFCs keep a variable beside the state (a DWR without answer,
 * the DWAs counted in REOPEN, the failure before this connection), it chooses between two events.
 */
const events = [
  'start',
  'stop',
  'connected',
  'disconnected',
  /** CER that can be accepted. */
  'cer',
  /** CER with a fault, without a common application, or from a peer that is connected already. */
  'cerRefused',
  /** CEA with 2001. */
  'cea',
  /** CEA with 2001 on the first connection after a watchdog failure. */
  'ceaAfterFailure',
  'ceaRefused',
  'dwr',
  'dwa',
  /** The last DWA that REOPEN waits for. */
  'lastDwa',
  'dpr',
  'dpa',
  /** Any request or answer of an application, or one that could not be read. */
  'message',
  /** Tw ran out and no DWR is without answer. */
  'timerTw',
  /** Tw ran out while a DWR is without answer. */
  'timerTwPending',
  'timerTc',
  /** The peer took too long to accept, or to answer CER or DPR. */
  'timerAnswer',
] as const;

export type PeerEvent = (typeof events)[number];

export type PeerAction =
  /** Opens the connection, or takes the one that came in. */
  | 'connect'
  | 'sendCer'
  | 'sendCea'
  | 'sendCeaRefusal'
  | 'sendDwr'
  | 'sendDwa'
  | 'sendDpr'
  | 'sendDpa'
  | 'passUp'
  | 'countDwa'
  | 'rejectPending'
  | 'noteFailure'
  | 'drop'
  | 'startTimerTw'
  | 'startTimerTc'
  | 'startTimerAnswer'
  | 'stopTimers'
  | 'reportUp'
  | 'reportDown';

type OpenState = 'Okay' | 'Suspect' | 'Closing' | 'Peer-Closing';

/**
 * The life of an open connection, the same for who connected and who was connected to.
 * `down`: the state after its end, and what is done there.
 */
function openRows<Down extends string>(
  down: Down,
  afterwards: readonly PeerAction[],
): readonly Row<OpenState | Down | 'Terminated', PeerEvent, PeerAction>[] {
  const lost: readonly PeerAction[] = ['stopTimers', 'rejectPending', 'reportDown', ...afterwards];
  return [
    ['Okay', 'message', 'Okay', ['startTimerTw', 'passUp'], 'RFC 6733 §5.6, RFC 3539 §3.4.1'],
    ['Okay', 'cer', 'Okay', ['startTimerTw', 'sendCea'], 'RFC 6733 §5.6'],
    ['Okay', 'cerRefused', 'Okay', ['startTimerTw', 'sendCeaRefusal'], 'RFC 6733 §5.6'],
    ['Okay', 'dwr', 'Okay', ['startTimerTw', 'sendDwa'], 'RFC 6733 §5.5'],
    ['Okay', 'dwa', 'Okay', ['startTimerTw'], 'RFC 3539 §3.4.1'],
    ['Okay', 'timerTw', 'Okay', ['sendDwr', 'startTimerTw'], 'RFC 3539 §3.4.1'],
    ['Okay', 'timerTwPending', 'Suspect', ['startTimerTw'], 'RFC 3539 §3.4.1'],
    ['Okay', 'dpr', 'Peer-Closing', ['stopTimers', 'sendDpa', 'rejectPending', 'startTimerAnswer'], 'RFC 6733 §5.4'],
    ['Okay', 'disconnected', down, lost, 'RFC 6733 §5.6'],
    ['Okay', 'stop', 'Closing', ['stopTimers', 'rejectPending', 'sendDpr', 'startTimerAnswer'], 'RFC 6733 §5.4'],

    ['Suspect', 'message', 'Okay', ['startTimerTw', 'passUp'], 'RFC 3539 §3.4.1'],
    ['Suspect', 'cer', 'Okay', ['startTimerTw', 'sendCea'], 'RFC 6733 §5.6'],
    ['Suspect', 'cerRefused', 'Okay', ['startTimerTw', 'sendCeaRefusal'], 'RFC 6733 §5.6'],
    ['Suspect', 'dwr', 'Okay', ['startTimerTw', 'sendDwa'], 'RFC 3539 §3.4.1'],
    ['Suspect', 'dwa', 'Okay', ['startTimerTw'], 'RFC 3539 §3.4.1'],
    ['Suspect', 'timerTwPending', down, ['noteFailure', 'drop', ...lost], 'RFC 3539 §3.4.1'],
    ['Suspect', 'dpr', 'Peer-Closing', ['stopTimers', 'sendDpa', 'rejectPending', 'startTimerAnswer'], 'RFC 6733 §5.4'],
    ['Suspect', 'disconnected', down, lost, 'RFC 6733 §5.6'],
    ['Suspect', 'stop', 'Closing', ['stopTimers', 'rejectPending', 'sendDpr', 'startTimerAnswer'], 'RFC 6733 §5.4'],

    ['Closing', 'dpa', 'Terminated', ['stopTimers', 'drop', 'reportDown'], 'RFC 6733 §5.6'],
    ['Closing', 'dpr', 'Closing', ['sendDpa'], 'RFC 6733 §5.6'],
    ['Closing', 'dwr', 'Closing', ['sendDwa'], 'RFC 6733 §5.5'],
    ['Closing', 'timerAnswer', 'Terminated', ['drop', 'reportDown'], 'RFC 6733 §5.6'],
    ['Closing', 'disconnected', 'Terminated', ['stopTimers', 'reportDown'], 'RFC 6733 §5.6'],

    ['Peer-Closing', 'timerAnswer', down, ['drop', 'reportDown', ...afterwards], 'RFC 6733 §5.6'],
    ['Peer-Closing', 'disconnected', down, ['stopTimers', 'reportDown', ...afterwards], 'RFC 6733 §5.6'],
    ['Peer-Closing', 'stop', 'Terminated', ['stopTimers', 'drop', 'reportDown'], 'RFC 6733 §5.6'],
  ];
}

const initiatorStates = [
  'Closed',
  'Wait-Conn-Ack',
  'Wait-I-CEA',
  'Okay',
  'Suspect',
  'Reopen',
  'Closing',
  'Peer-Closing',
  'Terminated',
] as const;
type InitiatorState = (typeof initiatorStates)[number];

const initiatorRows: readonly Row<InitiatorState, PeerEvent, PeerAction>[] = [
  ['Closed', 'start', 'Wait-Conn-Ack', ['startTimerAnswer', 'connect'], 'RFC 6733 §5.6'],
  ['Closed', 'timerTc', 'Wait-Conn-Ack', ['startTimerAnswer', 'connect'], 'RFC 6733 §2.1'],
  ['Closed', 'stop', 'Terminated', ['stopTimers'], 'RFC 6733 §5.6'],

  ['Wait-Conn-Ack', 'connected', 'Wait-I-CEA', ['sendCer', 'startTimerAnswer'], 'RFC 6733 §5.6'],
  ['Wait-Conn-Ack', 'disconnected', 'Closed', ['stopTimers', 'startTimerTc'], 'RFC 6733 §5.6'],
  ['Wait-Conn-Ack', 'timerAnswer', 'Closed', ['drop', 'startTimerTc'], 'RFC 6733 §5.6'],
  ['Wait-Conn-Ack', 'stop', 'Terminated', ['stopTimers', 'drop'], 'RFC 6733 §5.6'],

  ['Wait-I-CEA', 'cea', 'Okay', ['stopTimers', 'startTimerTw', 'reportUp'], 'RFC 6733 §5.6'],
  ['Wait-I-CEA', 'ceaAfterFailure', 'Reopen', ['stopTimers', 'sendDwr', 'startTimerTw'], 'RFC 3539 §3.4.1'],
  ['Wait-I-CEA', 'disconnected', 'Closed', ['stopTimers', 'startTimerTc'], 'RFC 6733 §5.6'],
  ['Wait-I-CEA', 'timerAnswer', 'Closed', ['drop', 'startTimerTc'], 'RFC 6733 §5.6'],
  ['Wait-I-CEA', 'stop', 'Terminated', ['stopTimers', 'drop'], 'RFC 6733 §5.6'],
  ...(['ceaRefused', 'message', 'cer', 'cerRefused', 'dwr', 'dpr'] as const).map(
    (event): Row<InitiatorState, PeerEvent, PeerAction> => [
      'Wait-I-CEA',
      event,
      'Closed',
      ['stopTimers', 'drop', 'startTimerTc'],
      'RFC 6733 §5.6',
    ],
  ),

  ...openRows('Closed', ['startTimerTc']),

  // Deviation: RFC 3539 §3.4.1 spaces the DWRs of REOPEN by Tw; here the next one follows the DWA at once, so that the lab is back in a moment.
  ['Reopen', 'dwa', 'Reopen', ['countDwa', 'sendDwr', 'startTimerTw'], 'RFC 3539 §3.4.1'],
  ['Reopen', 'lastDwa', 'Okay', ['startTimerTw', 'reportUp'], 'RFC 3539 §3.4.1'],
  ['Reopen', 'dwr', 'Reopen', ['sendDwa'], 'RFC 6733 §5.5'],
  ['Reopen', 'timerTwPending', 'Closed', ['stopTimers', 'drop', 'startTimerTc'], 'RFC 3539 §3.4.1'],
  ['Reopen', 'dpr', 'Peer-Closing', ['stopTimers', 'sendDpa', 'startTimerAnswer'], 'RFC 6733 §5.4'],
  ['Reopen', 'disconnected', 'Closed', ['stopTimers', 'startTimerTc'], 'RFC 6733 §5.6'],
  ['Reopen', 'stop', 'Closing', ['stopTimers', 'sendDpr', 'startTimerAnswer'], 'RFC 6733 §5.4'],
];

const responderStates = ['Wait-CER', 'Okay', 'Suspect', 'Closing', 'Peer-Closing', 'Terminated'] as const;
type ResponderState = (typeof responderStates)[number];

const responderRows: readonly Row<ResponderState, PeerEvent, PeerAction>[] = [
  ['Wait-CER', 'start', 'Wait-CER', ['startTimerAnswer', 'connect'], 'RFC 6733 §5.6'],
  ['Wait-CER', 'cer', 'Okay', ['stopTimers', 'sendCea', 'startTimerTw', 'reportUp'], 'RFC 6733 §5.6'],
  ['Wait-CER', 'cerRefused', 'Terminated', ['stopTimers', 'sendCeaRefusal', 'drop'], 'RFC 6733 §5.3'],
  ['Wait-CER', 'timerAnswer', 'Terminated', ['drop'], 'RFC 6733 §5.6'],
  ['Wait-CER', 'disconnected', 'Terminated', ['stopTimers'], 'RFC 6733 §5.6'],
  ['Wait-CER', 'stop', 'Terminated', ['stopTimers', 'drop'], 'RFC 6733 §5.6'],
  ...(['message', 'dwr', 'dpr'] as const).map(
    (event): Row<ResponderState, PeerEvent, PeerAction> => [
      'Wait-CER',
      event,
      'Terminated',
      ['stopTimers', 'drop'],
      'RFC 6733 §5.6',
    ],
  ),
  ...openRows('Terminated', []),
];

/** What arrives on a connection. A CEA, DWA or DPA that answers none of our requests comes as `message`. */
const arrivals = [
  'cer',
  'cerRefused',
  'cea',
  'ceaAfterFailure',
  'ceaRefused',
  'dwr',
  'dwa',
  'lastDwa',
  'dpr',
  'dpa',
  'message',
] as const;

type Ignored<State extends string> = readonly (readonly [State, readonly PeerEvent[]])[];

/** On an open connection: what only another state brings about, and what is too late when either side says goodbye. */
const ignoredWhenOpen: Ignored<OpenState> = [
  ['Okay', ['start', 'connected', 'cea', 'ceaAfterFailure', 'ceaRefused', 'lastDwa', 'dpa', 'timerTc', 'timerAnswer']],
  [
    'Suspect',
    ['start', 'connected', 'cea', 'ceaAfterFailure', 'ceaRefused', 'lastDwa', 'dpa', 'timerTc', 'timerAnswer'],
  ],
  ['Suspect', ['timerTw']],
  ['Closing', ['start', 'stop', 'connected', 'cer', 'cerRefused', 'cea', 'ceaAfterFailure', 'ceaRefused', 'dwa']],
  ['Closing', ['lastDwa', 'message', 'timerTw', 'timerTwPending', 'timerTc']],
  ['Peer-Closing', ['start', 'connected', ...arrivals, 'timerTw', 'timerTwPending', 'timerTc']],
];

const ignoredByInitiator: Ignored<InitiatorState> = [
  ['Closed', ['connected', 'disconnected', ...arrivals, 'timerTw', 'timerTwPending', 'timerAnswer']],
  ['Wait-Conn-Ack', ['start', ...arrivals, 'timerTw', 'timerTwPending', 'timerTc']],
  ['Wait-I-CEA', ['start', 'connected', 'dwa', 'lastDwa', 'dpa', 'timerTw', 'timerTwPending', 'timerTc']],
  ...ignoredWhenOpen,
  // No application is served before the three DWAs (RFC 3539 §3.4.1).
  ['Reopen', ['start', 'connected', 'cer', 'cerRefused', 'cea', 'ceaAfterFailure', 'ceaRefused', 'dpa', 'message']],
  ['Reopen', ['timerTw', 'timerTc', 'timerAnswer']],
];

const ignoredByResponder: Ignored<ResponderState> = [
  ['Wait-CER', ['connected', 'cea', 'ceaAfterFailure', 'ceaRefused', 'dwa', 'lastDwa', 'dpa']],
  ['Wait-CER', ['timerTw', 'timerTwPending', 'timerTc']],
  ...ignoredWhenOpen,
];

function pairs<State extends string>(ignored: Ignored<State>): readonly (readonly [State, PeerEvent])[] {
  return ignored.flatMap(([state, those]) => those.map((event) => [state, event] as const));
}

/**
 * The peer that connects (a CSCF).
 * Deviation: RFC 3539 §3.4.1 passes REOPEN after every lost connection; here only after a watchdog failure, since a peer that
 * closed in order or restarted has shown its state with CER and CEA.
 * @see RFC 6733 §5.6, RFC 3539 §3.4
 */
export const initiatorMachine = machine({
  name: 'Diameter initiator',
  states: initiatorStates,
  events,
  initial: 'Closed',
  start: [],
  final: 'Terminated',
  rows: initiatorRows,
  ignored: pairs(ignoredByInitiator),
});

/**
 * The peer that is connected to (the HSS); one machine a connection.
 * Deviation: RFC 6733 §5.6.4 holds an election when both sides connect; the HSS of the lab never connects.
 * @see RFC 6733 §5.6
 */
export const responderMachine = machine({
  name: 'Diameter responder',
  states: responderStates,
  events,
  initial: 'Wait-CER',
  start: [],
  final: 'Terminated',
  rows: responderRows,
  ignored: pairs(ignoredByResponder),
});

export type PeerState = InitiatorState | ResponderState;
