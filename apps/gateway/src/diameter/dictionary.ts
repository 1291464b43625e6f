import { createRequire } from 'node:module';
import { wireType } from '@imslab/ims-core/protocols/diameter/avp';
import { avpRule, avpTable } from '@imslab/ims-core/protocols/diameter/avp-table';
import { decodeValue, encodeValue, type SimpleAvpType } from '@imslab/ims-core/protocols/diameter/avp-types';
import dictionary, { type DictionaryAvp } from 'diameter/lib/diameter-dictionary.js';
import types from 'diameter/lib/diameter-types.js';

const simpleTypes: Readonly<Record<SimpleAvpType, true>> = {
  OctetString: true,
  UTF8String: true,
  DiameterIdentity: true,
  DiameterURI: true,
  Unsigned32: true,
  Integer32: true,
  Enumerated: true,
  Unsigned64: true,
  Integer64: true,
  Address: true,
  Time: true,
};

const entries = new Map<string, DictionaryAvp>();
/** Names of the AVPs that the table knows, by vendor and code: with the M bit and without. */
const mandatoryNames = new Map<number, Map<number, string>>();
const optionalNames = new Map<number, Map<number, string>>();

/**
 * The name under which the package looks an AVP up. It says code, vendor and M bit, so that an AVP keeps its octets
 * whether or not the table knows it and whatever its M bit.
 */
export function codecName(avp: {
  readonly code: number;
  readonly vendor: number;
  readonly mandatory: boolean;
}): string {
  const names = (avp.mandatory ? mandatoryNames : optionalNames).get(avp.vendor);
  return names?.get(avp.code) ?? newName(avp);
}

function newName(avp: { readonly code: number; readonly vendor: number; readonly mandatory: boolean }): string {
  const name = `${avp.vendor}:${avp.code}:${avp.mandatory ? 'M' : '-'}`;
  if (!entries.has(name)) remember(name, avp);
  if (avpRule(avp.vendor, avp.code) === undefined) return name;
  const byVendor = avp.mandatory ? mandatoryNames : optionalNames;
  const names = byVendor.get(avp.vendor) ?? new Map<number, string>();
  byVendor.set(avp.vendor, names.set(avp.code, name));
  return name;
}

/** Entries for AVPs outside the table are made as they come; this bounds what a peer can make us keep. */
const MAX_ENTRIES = 4_096;

function remember(key: string, avp: { code: number; vendor: number; mandatory: boolean }): DictionaryAvp {
  const entry: DictionaryAvp = {
    code: avp.code,
    vendorId: avp.vendor,
    name: key,
    type: wireType(avp.vendor, avp.code),
    flags: { vendorBit: avp.vendor !== 0, mandatory: avp.mandatory, protected: false },
  };
  if (entries.size >= MAX_ENTRIES) entries.clear();
  entries.set(key, entry);
  return entry;
}

function entryByName(name: string): DictionaryAvp {
  const entry = entries.get(name);
  if (entry !== undefined) return entry;
  const [vendor, code, mandatory] = name.split(':');
  return remember(name, { vendor: Number(vendor), code: Number(code), mandatory: mandatory === 'M' });
}

function isSimpleType(type: string): type is SimpleAvpType {
  return Object.hasOwn(simpleTypes, type);
}

function simpleType(type: string): SimpleAvpType {
  if (!isSimpleType(type)) throw new TypeError(`no such AVP format: ${type}`);
  return type;
}

/**
 * Puts our AVP table and our formats in the place of the package's own, which know nothing of Cx, decode octets as text and
 * throw on what they do not know. The codec looks both up at each call, so this needs to be done once.
 */
export function installDictionary(): void {
  refuseSecondCopy();
  for (const { code, vendor, mandatory } of Object.values(avpTable)) {
    codecName({ code, vendor, mandatory: mandatory === 'must' });
  }
  dictionary.getAvpByName = entryByName;
  dictionary.getAvpByCodeAndVendorId = (code, vendor) => entryByName(codecName({ code, vendor, mandatory: false }));
  dictionary.getAvpByCode = (code) => entryByName(codecName({ code, vendor: 0, mandatory: false }));
  dictionary.getCommandByCode = (code) => ({ code, name: String(code) });
  dictionary.getCommandByName = (name) => ({ code: Number(name), name });
  dictionary.getApplicationById = (code) => ({ code, name: String(code) });
  dictionary.getApplicationByName = (name) => ({ code: Number(name), name });
  types.encode = (type, value) => encodeValue(simpleType(type), value);
  types.decode = (type, data) => decodeValue(simpleType(type), data);
}

/**
 * Throws when another copy of the package is loaded beside the one that this module changes: the codec of one would then
 * use the dictionary of the other, silently, and send AVPs of other applications.
 */
export function refuseSecondCopy(loaded: readonly string[] = Object.keys(createRequire(import.meta.url).cache)): void {
  const copies = loaded.filter((file) => /[\\/]diameter[\\/]lib[\\/]diameter-codec\.js$/.test(file));
  if (copies.length > 1) throw new Error(`the package diameter is loaded ${copies.length} times; it must be one copy`);
}
