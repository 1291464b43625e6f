import type { Clock } from '../../ports/clock.ts';
import type { MediaResourceFunction } from '../../ports/media-resource.ts';
import type { Random } from '../../ports/random.ts';
import type { ServiceSettingsSource } from '../../ports/service-settings.ts';
import type { IncomingRequest, SipStack } from '../../protocols/proxy/stack.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import type { AsConfig } from './config.ts';
import type { UasDialogs } from './uas-dialogs.ts';

/** What the services of an application server work with. */
export interface AsContext {
  readonly config: AsConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly stack: SipStack;
  readonly media: MediaResourceFunction;
  readonly settings: ServiceSettingsSource;
  /** Calls that end here. */
  readonly dialogs: UasDialogs;
}

/** A service: what is done with an initial request that the S-CSCF sent here. `edit` is the request without the own Route entry. */
export type Service = (context: AsContext, incoming: IncomingRequest, edit: MessageEdit<SipRequest>) => Promise<void>;
