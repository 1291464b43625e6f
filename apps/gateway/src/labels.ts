import type { MediaUe } from '@imslab/ims-core/ports/media-relay';
import type { StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';
import { canonicalIdentity } from '@imslab/ims-core/protocols/sip/uri';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { boxParty } from './party-book.ts';

/** Names for the ladder. */
export interface Labels {
  /** IMSI and name of a subscriber by an IMPI or any IMPU. */
  readonly ue: (identity: string) => MediaUe | undefined;
  /** Takes in a subscriber who was added. */
  readonly learn: (subscriber: StoredSubscriber) => void;
  /** A Diameter peer by its Origin-Host. */
  readonly diameterPeer: (originHost: string) => TraceParty;
}

const DIAMETER_BOXES = ['icscf', 'scscf', 'scscf2', 'hss'] as const;

/** Labels of these subscribers and of the lab's own boxes. */
export function createLabels(subscribers: readonly StoredSubscriber[]): Labels {
  const ues = new Map<string, MediaUe>();
  const learn = ({ imsi, impi, name, identities }: StoredSubscriber) => {
    const ue = { id: imsi, label: name };
    ues.set(impi, ue);
    for (const { uri } of identities) ues.set(uri, ue);
  };
  for (const subscriber of subscribers) learn(subscriber);
  return {
    learn,
    ue: (identity) => ues.get(identity) ?? ues.get(canonicalIdentity(identity) ?? ''),
    diameterPeer: (originHost) => {
      const box = DIAMETER_BOXES.find((name) => originHost.startsWith(`${name}.`));
      return box === undefined ? { node: 'other', id: originHost, label: originHost } : boxParty(box);
    },
  };
}
