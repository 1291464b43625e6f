import type {
  LocationInfoAnswer,
  LocationInfoRequest,
  MultimediaAuthAnswer,
  MultimediaAuthRequest,
  ServerAssignmentAnswer,
  ServerAssignmentRequest,
  UserAuthorizationAnswer,
  UserAuthorizationRequest,
} from './cx-client.ts';

/** The HSS as the Diameter side calls it: one function a Cx request. A rejection is answered with 5012 UNABLE_TO_COMPLY. */
export interface CxHandlers {
  userAuthorization(request: UserAuthorizationRequest): Promise<UserAuthorizationAnswer>;
  locationInfo(request: LocationInfoRequest): Promise<LocationInfoAnswer>;
  multimediaAuth(request: MultimediaAuthRequest): Promise<MultimediaAuthAnswer>;
  serverAssignment(request: ServerAssignmentRequest): Promise<ServerAssignmentAnswer>;
}
