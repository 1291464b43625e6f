import type { UserAuthorizationRequest } from '../../ports/cx-client.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';

type UserAuthorizationType = NonNullable<UserAuthorizationRequest['userAuthorizationType']>;

/** User-Authorization-Type of UAR and LIR; another number than 0, 1, 2 is 5004. @see TS 29.229 6.3.24 */
export function readUserAuthorizationType(read: AvpReader): { userAuthorizationType?: UserAuthorizationType } {
  const value = read.optional('User-Authorization-Type');
  if (value === undefined) return {};
  if (value === 0 || value === 1 || value === 2) return { userAuthorizationType: value };
  read.invalid('User-Authorization-Type', `can not be ${value}`, value);
  return {};
}
