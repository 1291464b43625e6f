import { fileURLToPath } from 'node:url';
import { type ApplicationServer, type AsDeps, createAs } from '@imslab/ims-core/nodes/as/as';
import { readdressedCriteria } from '@imslab/ims-core/nodes/as/filter-criteria';
import type { SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { readAnnouncement } from './media/announcement-file.ts';
import { createMediaResource } from './media/media-resource.ts';
import { boxParty, unknownParty } from './party-book.ts';

/** Spoken to callers of users who are not registered. */
const GREETING = new URL('../announcements/greeting.wav', import.meta.url);

export interface ApplicationServerAddress {
  readonly host: string;
  readonly mediaPortMin: number;
  readonly mediaPortMax: number;
}

/** The lab's application server with the media functions that it speaks through; `close` ends its calls and their media. */
export function createApplicationServer(
  deps: Omit<AsDeps, 'media'>,
  { host, mediaPortMin, mediaPortMax }: ApplicationServerAddress,
): ApplicationServer {
  const media = createMediaResource({
    config: { address: host, portMin: mediaPortMin, portMax: mediaPortMax },
    clock: deps.clock,
    random: deps.random,
    announcement: readAnnouncement(fileURLToPath(GREETING)),
  });
  const server = createAs({ ...deps, media });
  return {
    start: () => server.start(),
    async close() {
      await server.close();
      await media.close();
    },
    calls: () => server.calls(),
  };
}

/** Lets the stored filter criteria lead to the application server where it listens now. */
export async function readdressServices(store: SubscriberStore, asUri: string): Promise<void> {
  for (const { imsi, initialFilterCriteria } of await store.list()) {
    const criteria = readdressedCriteria(initialFilterCriteria, asUri);
    if (JSON.stringify(criteria) !== JSON.stringify(initialFilterCriteria)) {
      await store.setInitialFilterCriteria(imsi, criteria);
    }
  }
}

/** Who sends and receives plain RTP at an address: the application server on its ports, else somebody from outside. */
export function plainRtpParty(
  { host, mediaPortMin, mediaPortMax }: ApplicationServerAddress,
  address: string,
  port: number,
): TraceParty {
  const isServer = address === host && port >= mediaPortMin && port <= mediaPortMax;
  return isServer ? boxParty('as') : unknownParty(`${address}:${port}`);
}
