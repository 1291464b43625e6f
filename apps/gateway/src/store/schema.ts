import type { ImsUserState } from '@imslab/ims-core/ports/subscriber-store';
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
  };
  public_identity: {
    /** Canonical form. */
    uri: string;
    imsi: string;
    /** Place in the implicit registration set, from 0. */
    position: number;
    barred: Flag;
    display_name: string;
  };
  credentials: {
    imsi: string;
    k: Uint8Array;
    opc: Uint8Array;
    amf: Uint8Array;
  };
  sequence_number: {
    imsi: string;
    /** Every SQN up to this one may have been handed out. */
    sqn_limit: number;
  };
}
