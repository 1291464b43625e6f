import type {
  AuthenticationScheme,
  ImsUserState,
  StoredDigestCredentials,
} from '@imslab/ims-core/ports/subscriber-store';
import type { ColumnType } from 'kysely';

/** Booleans are written as booleans and read as 0 or 1. */
type Flag = ColumnType<number, boolean, boolean>;

/** Tables of the subscriber database. */
export interface Tables {
  subscriber: {
    imsi: string;
    impi: string;
    name: string;
    state: ImsUserState;
    /** Empty when none, or when the name only stands for a challenge of a user who is not registered. */
    server_name: string;
    authentication_scheme: AuthenticationScheme;
    /** JSON of a list of InitialFilterCriterion. */
    initial_filter_criteria: string;
  };
  public_identity: {
    /** Canonical form. */
    uri: string;
    imsi: string;
    /** Place in the implicit registration set, from 0. */
    position: number;
    barred: Flag;
    display_name: string;
    identity_type: 0 | 1;
  };
  credentials: {
    imsi: string;
    k: Uint8Array;
    opc: Uint8Array;
    amf: Uint8Array;
  };
  digest_credentials: {
    imsi: string;
    realm: string;
    algorithm: StoredDigestCredentials['algorithm'];
    ha1: string;
  };
  service_settings: {
    imsi: string;
    /** JSON of ServiceSettings. */
    settings: string;
  };
  sequence_number: {
    imsi: string;
    /** Every SQN up to this one may have been handed out. */
    sqn_limit: number;
  };
}
