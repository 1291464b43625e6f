import type { TraceEvent, TraceParty } from './event.ts';

/** Identifies a column of the ladder: a UE by its id, a box by its kind (and id, when the lab has several). */
export type ColumnKey = string;

export function columnKey(party: TraceParty): ColumnKey {
  return party.id === '' ? party.node : `${party.node}:${party.id}`;
}

export interface LadderColumn {
  readonly key: ColumnKey;
  readonly node: TraceParty['node'];
  readonly label: string;
}

/** The network's boxes, in the order of the 3GPP picture. They stand there before anything happens; the AS once it took part. */
const NETWORK_COLUMNS: readonly LadderColumn[] = [
  { key: 'pcscf', node: 'pcscf', label: 'P-CSCF' },
  { key: 'icscf', node: 'icscf', label: 'I-CSCF' },
  { key: 'scscf', node: 'scscf', label: 'S-CSCF' },
  { key: 'as', node: 'as', label: 'AS' },
  { key: 'hss', node: 'hss', label: 'HSS' },
  { key: 'relay', node: 'relay', label: 'Media relay' },
];

/**
 * Columns for these UEs and boxes: first UE, P-CSCF, I-CSCF, S-CSCF and others of its kind, AS, HSS, media relay, the other UEs, what else was met.
 * @param firstUe id of the UE that stands on the left (this tab's), when known
 */
export function ladderColumns(parties: Iterable<TraceParty>, firstUe?: string): LadderColumn[] {
  const ues: LadderColumn[] = [];
  const moreScscfs: LadderColumn[] = [];
  const others: LadderColumn[] = [];
  const seen = new Set(NETWORK_COLUMNS.map((column) => column.key));
  let servedByAs = false;
  for (const party of parties) {
    const key = columnKey(party);
    servedByAs ||= key === 'as';
    if (seen.has(key)) continue;
    seen.add(key);
    const met = party.node === 'ue' ? ues : party.node === 'scscf' ? moreScscfs : others;
    met.push({ key, node: party.node, label: party.label });
  }
  const own = ues.findIndex((column) => column.key === `ue:${firstUe ?? ''}`);
  const left = own >= 0 ? ues.splice(own, 1) : ues.splice(0, 1);
  const network = NETWORK_COLUMNS.flatMap((column) => {
    if (column.key === 'as' && !servedByAs) return [];
    return column.key === 'scscf' ? [column, ...moreScscfs] : [column];
  });
  return [...left, ...network, ...ues, ...others];
}

/** What stands on the arrow: `REGISTER`, `401`, `UAR`, `MAA 2001`, `DTLS connected`, or a note's code. */
export function eventLabel(event: TraceEvent): string {
  switch (event.kind) {
    case 'sip':
      return event.sip.status === 0 ? event.sip.method : String(event.sip.status);
    case 'diameter':
      return event.diameter.request ? event.diameter.command : `${event.diameter.command} ${event.diameter.resultCode}`;
    case 'media':
      return event.media.what;
    case 'note':
      return event.note.code;
  }
}

/** The accessible name of a ladder row: `10 401 P-CSCF to Alice`. */
export function eventName(event: TraceEvent): string {
  return `${event.seq} ${eventLabel(event)} ${event.from.label} to ${event.to.label}`;
}
