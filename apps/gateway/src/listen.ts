import { environmentName } from './config.ts';

/** What Node and the SIP transport say when an address can not be listened on, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  SIP_PORT_IN_USE: 'is in use by another program',
  EACCES: 'may not be opened by this user',
  EADDRNOTAVAIL: 'is not an address of this machine',
};

/** A port of the lab is taken or cannot be had; the message names the setting to change. */
export class PortInUseError extends Error {
  readonly code = 'PORT_IN_USE';

  /**
   * The error in words when `error` says that an address cannot be listened on; undefined for any other.
   * @param section part of the configuration that holds the port: `http` for `http.port` and IMSLAB_HTTP_PORT
   */
  static from(
    error: unknown,
    what: string,
    section: string,
    address: { readonly host: string; readonly port: number },
  ): PortInUseError | undefined {
    const reason = error instanceof Error && 'code' in error ? REASONS[String(error.code)] : undefined;
    if (reason === undefined) return undefined;
    return new PortInUseError(
      `${address.host}:${address.port}, for ${what}, ${reason}. Stop that program, or set another with ${section}.port in imslab.json or ${environmentName([section, 'port'])} in the environment.`,
    );
  }
}
