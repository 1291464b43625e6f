/** A port of the lab is taken; the message names the setting to change. */
export class PortInUseError extends Error {
  readonly code = 'PORT_IN_USE';

  /** The error in words when `error` says that an address is taken or forbidden; undefined for any other. */
  static from(
    error: unknown,
    what: string,
    setting: string,
    variable: string,
    address: { readonly host: string; readonly port: number },
  ): PortInUseError | undefined {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return undefined;
    const why =
      code === 'EADDRINUSE'
        ? 'is in use by another program'
        : code === 'EACCES'
          ? 'may not be opened by this user'
          : 'is not an address of this machine';
    return new PortInUseError(
      `${address.host}:${address.port}, for ${what}, ${why}. Stop that program, or set another with ${setting} in imslab.json or ${variable} in the environment.`,
    );
  }
}
