/** One line of a state table: in `state`, on `event`, do `actions` in this order and be in `next`. */
export type Row<State extends string, Event extends string, Action extends string> = readonly [
  state: State,
  event: Event,
  next: State,
  actions: readonly Action[],
  clause: string,
];

export interface MachineTable<State extends string, Event extends string, Action extends string> {
  readonly name: string;
  readonly states: readonly State[];
  readonly events: readonly Event[];
  readonly initial: State;
  /** Done when the machine starts, before any event. */
  readonly start: readonly Action[];
  /** Nothing leaves this state. */
  readonly final: State;
  readonly rows: readonly Row<State, Event, Action>[];
  /** Events that may come in a state and change nothing. A pair that stands in neither list is a bug of the caller. */
  readonly ignored: readonly (readonly [state: State, event: Event])[];
}

/** A checked table that answers what comes next. */
export interface Machine<State extends string, Event extends string, Action extends string>
  extends MachineTable<State, Event, Action> {
  /** The row for this pair, or undefined where the pair is ignored. Throws where the table says neither. */
  step(state: State, event: Event): Row<State, Event, Action> | undefined;
}

/** Builds a machine from its table; refuses duplicate pairs, unknown states and events, and rows that leave the final state. */
export function machine<const State extends string, const Event extends string, const Action extends string>(
  table: MachineTable<State, Event, Action>,
): Machine<State, Event, Action> {
  const pairs = new Map<State, Map<Event, Row<State, Event, Action> | undefined>>();
  for (const state of table.states) pairs.set(state, new Map());
  const add = (state: State, event: Event, row: Row<State, Event, Action> | undefined) => {
    const pair = `${state} x ${event}`;
    const rows = pairs.get(state);
    if (rows === undefined) throw new Error(`${table.name}: unknown state ${state}`);
    if (!table.events.includes(event)) throw new Error(`${table.name}: unknown event ${event}`);
    if (rows.has(event)) throw new Error(`${table.name}: ${pair} stands twice`);
    if (row !== undefined && state === table.final) throw new Error(`${table.name}: ${pair} leaves the final state`);
    if (row !== undefined && !table.states.includes(row[2])) throw new Error(`${table.name}: unknown state ${row[2]}`);
    rows.set(event, row);
  };
  for (const row of table.rows) add(row[0], row[1], row);
  for (const [state, event] of table.ignored) add(state, event, undefined);
  for (const event of table.events) add(table.final, event, undefined);
  return {
    ...table,
    step(state, event) {
      const rows = pairs.get(state);
      const row = rows?.get(event);
      if (row === undefined && !rows?.has(event)) {
        throw new Error(`${table.name}: ${state} x ${event} is not in the table`);
      }
      return row;
    },
  };
}

/** A machine in motion: holds the state and calls the actions of each row. */
export class MachineRun<State extends string, Event extends string, Action extends string> {
  readonly #machine: Machine<State, Event, Action>;
  readonly #actions: Readonly<Record<Action, () => void>>;
  #state: State;

  constructor(of: Machine<State, Event, Action>, actions: Readonly<Record<Action, () => void>>) {
    this.#machine = of;
    this.#actions = actions;
    this.#state = of.initial;
  }

  get state(): State {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state === this.#machine.final;
  }

  start(): void {
    for (const action of this.#machine.start) this.#actions[action]();
  }

  /** The state changes before the actions run, so that an action may raise the next event. Returns false where the event is ignored. */
  raise(event: Event): boolean {
    const row = this.#machine.step(this.#state, event);
    if (row === undefined) return false;
    this.#state = row[2];
    for (const action of row[3]) this.#actions[action]();
    return true;
  }
}

/** A run of this machine. */
export type RunOf<Of> =
  Of extends Machine<infer State, infer Event, infer Action> ? MachineRun<State, Event, Action> : never;
