import { VENDOR_3GPP, VENDOR_ETSI } from '@imslab/ims-core/protocols/diameter/avp-rule';
import { avpRule } from '@imslab/ims-core/protocols/diameter/avp-table';
import type { TraceAvp, TraceDiameter } from '@imslab/ims-core/trace/event';
import { type Explanation, useExplainedRows } from './explained-rows.ts';

/** A Diameter message: its header's facts, then its AVPs as a tree (RFC 6733 §4). */
export function AvpTree({ diameter }: { readonly diameter: TraceDiameter }) {
  const { listProps, rowProps } = useExplainedRows();
  return (
    <>
      <p className="start-line">
        {diameter.command} <span className="start-line-rest">{resultText(diameter)}</span>
      </p>
      <p className="message-facts">
        Command {diameter.commandCode}, {diameter.request ? 'request' : 'answer'} · application {diameter.applicationId}{' '}
        · hop-by-hop {diameter.hopByHop} · end-to-end {diameter.endToEnd} · {diameter.length} octets
      </p>
      <div {...listProps}>
        <Avps avps={diameter.avps} first={0} rowProps={rowProps} />
      </div>
    </>
  );
}

function resultText({ resultCode, resultName, resultVendor }: TraceDiameter): string {
  if (resultCode === 0) return '';
  const vendor = resultVendor === 0 ? '' : ` (${vendorName(resultVendor)})`;
  return `${resultCode} ${resultName}${vendor}`;
}

interface AvpsProps {
  readonly avps: readonly TraceAvp[];
  /** Number of the first of them among all AVPs of the message, read from the top. */
  readonly first: number;
  readonly rowProps: ReturnType<typeof useExplainedRows>['rowProps'];
}

function Avps({ avps, first, rowProps }: AvpsProps) {
  return (
    <ul className="avps">
      {avps.map((avp, index) => {
        const number = first + avps.slice(0, index).reduce((sum, before) => sum + countOf(before), 0);
        return (
          <li key={number}>
            <button type="button" className="explained avp" {...rowProps(number, explanationOf(avp))}>
              <span className="avp-name">{avp.name}</span>
              <span className="avp-code">
                {avp.vendor === 0 ? '' : `${vendorName(avp.vendor)} `}
                {avp.code}
                {avp.flags === '' ? '' : ` ${avp.flags}`}
              </span>
              {avp.children === undefined ? <span className="avp-value">{avp.value}</span> : null}
            </button>
            {avp.children === undefined ? null : <Avps avps={avp.children} first={number + 1} rowProps={rowProps} />}
          </li>
        );
      })}
    </ul>
  );
}

/** The AVP and all that it holds. */
function countOf(avp: TraceAvp): number {
  return (avp.children ?? []).reduce((sum, child) => sum + countOf(child), 1);
}

function vendorName(vendor: number): string {
  return vendor === VENDOR_3GPP ? '3GPP' : vendor === VENDOR_ETSI ? 'ETSI' : `vendor ${vendor}`;
}

function explanationOf(avp: TraceAvp): Explanation {
  const rule = avpRule(avp.vendor, avp.code);
  const known = rule === undefined ? 'An AVP that this lab does not know.' : `${rule.text} ${rule.reference}.`;
  const vendor = avp.vendor === 0 ? [] : [`V: AVP of ${vendorName(avp.vendor)} (${avp.vendor})`];
  const mandatory = avp.flags.includes('M') ? ['M: must be understood'] : [];
  return { name: avp.name, text: [`${known} ${avp.type}`, ...vendor, ...mandatory].join(' · ') };
}
