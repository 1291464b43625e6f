/** The parts of the npm package `diameter` 0.7.0 that the codec uses. The package has no typings of its own. */
declare module 'diameter/lib/diameter-codec.js' {
  export type Pair = [name: string, value: unknown];
  interface Flags {
    request: boolean;
    proxiable: boolean;
    error: boolean;
    potentiallyRetransmitted: boolean;
  }
  interface Message {
    header: {
      version: number;
      commandCode: number;
      flags: Flags;
      applicationId: number;
      hopByHopId: number;
      endToEndId: number;
    };
    body: Pair[];
  }
  const codec: {
    encodeMessage(message: Message): Uint8Array;
    decodeMessage(octets: Uint8Array): Message;
  };
  export default codec;
}

declare module 'diameter/lib/diameter-dictionary.js' {
  export interface DictionaryAvp {
    code: number;
    vendorId: number;
    name: string;
    type: string;
    flags: { vendorBit: boolean; mandatory: boolean; protected: boolean };
  }
  interface Named {
    code: number;
    name: string;
  }
  const dictionary: {
    getAvpByCodeAndVendorId(code: number, vendorId: number): DictionaryAvp;
    getAvpByName(name: string): DictionaryAvp;
    getAvpByCode(code: number): DictionaryAvp;
    getCommandByCode(code: number): Named;
    getCommandByName(name: string): Named;
    getApplicationById(id: number): Named;
    getApplicationByName(name: string): Named;
  };
  export default dictionary;
}

declare module 'diameter/lib/diameter-types.js' {
  const types: {
    encode(type: string, value: unknown): Uint8Array;
    decode(type: string, data: Uint8Array): unknown;
  };
  export default types;
}
