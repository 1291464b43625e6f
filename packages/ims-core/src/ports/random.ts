/** Unpredictable octets, fit for keys, tags and branches (RFC 3261 §19.3 asks for 32 bits or more). */
export interface Random {
  bytes(length: number): Uint8Array;
}
