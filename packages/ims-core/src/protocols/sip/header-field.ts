import { unfolded } from './folding.ts';
import { HeaderLine } from './header-line.ts';
import { headerKey } from './header-registry.ts';
import type { HeaderField } from './message.ts';

/** A value on one line: no caller can smuggle in another header. */
export function singleLine(value: string): string {
  return value.includes('\n') || value.includes('\r') ? unfolded(value).trim() : value;
}

/** A header line made here, not parsed. @param key of the name, where it is known already */
export function headerField(name: string, value: string, key = headerKey(name)): HeaderField {
  return new HeaderLine(name, key, singleLine(value), -1, -1, '');
}
