import { describe, expect, it } from 'vitest';
import type { TraceParty } from './event.ts';
import { ladderColumns } from './ladder.ts';

const ue = (id: string): TraceParty => ({ node: 'ue', id, label: `UE ${id}` });
const as: TraceParty = { node: 'as', id: '', label: 'AS' };
const other: TraceParty = { node: 'other', id: '192.0.2.9:5060', label: '192.0.2.9:5060' };
const labels = (parties: readonly TraceParty[], firstUe?: string) =>
  ladderColumns(parties, firstUe).map(({ label }) => label);

describe('the columns of the ladder', () => {
  it('are the boxes of the network between the first UE and the others, strangers last', () => {
    expect(labels([ue('1'), other, ue('2'), ue('1')], '2')).toEqual([
      'UE 2',
      'P-CSCF',
      'I-CSCF',
      'S-CSCF',
      'HSS',
      'Media relay',
      'UE 1',
      '192.0.2.9:5060',
    ]);
  });

  it('have the application server beside the S-CSCF once it took part, and not before', () => {
    expect(labels([])).not.toContain('AS');
    expect(labels([as, ue('1')])).toEqual(['UE 1', 'P-CSCF', 'I-CSCF', 'S-CSCF', 'AS', 'HSS', 'Media relay']);
  });

  it('have another application server by its own name', () => {
    expect(labels([{ ...as, id: 'mmtel', label: 'MMTel' }])).toEqual([
      'P-CSCF',
      'I-CSCF',
      'S-CSCF',
      'HSS',
      'Media relay',
      'MMTel',
    ]);
  });
});
