import type { AvpRule } from './avp-rule.ts';
import { baseAvpTable } from './base-avp-table.ts';
import { cxAvpTable } from './cx-avp-table.ts';

/**
 * Every AVP of the Diameter base and of Cx that the lab knows, by its own name in its own specification.
 * The names are unique: RFC 4740 uses some of these names for other codes and is left out.
 */
export const avpTable = { ...baseAvpTable, ...cxAvpTable } as const;

export type AvpName = keyof typeof avpTable;

/** A row together with its name. */
export interface NamedAvpRule extends AvpRule {
  readonly name: string;
}

const rulesByVendor = new Map<number, Map<number, NamedAvpRule>>();
for (const [name, rule] of Object.entries(avpTable)) {
  const rules = rulesByVendor.get(rule.vendor) ?? new Map<number, NamedAvpRule>();
  rulesByVendor.set(rule.vendor, rules.set(rule.code, { ...rule, name }));
}

/** The row of an AVP by what stands on the wire. The same code under another vendor is another AVP. */
export function avpRule(vendor: number, code: number): NamedAvpRule | undefined {
  return rulesByVendor.get(vendor)?.get(code);
}
