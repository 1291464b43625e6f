import { unfolded } from './folding.ts';
import { HeaderLine } from './header-line.ts';
import { headerKey } from './header-registry.ts';
import type { HeaderField } from './message.ts';

/** A value on one line: no caller can smuggle in another header. */
export function singleLine(value: string): string {
  return /[\r\n]/.test(value) ? unfolded(value).trim() : value;
}

/** A header line made here, not parsed. */
export function headerField(name: string, value: string): HeaderField {
  return new HeaderLine(name, headerKey(name), singleLine(value), -1, -1, '');
}
