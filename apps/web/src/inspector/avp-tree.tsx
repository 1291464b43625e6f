import type { TraceAvp, TraceDiameter } from '@imslab/ims-core/trace/event';

/** A Diameter message: its header's facts, then its AVPs as a tree (RFC 6733 §4). */
export function AvpTree({ diameter }: { readonly diameter: TraceDiameter }) {
  return (
    <>
      <p className="start-line">
        {diameter.command} {diameter.commandCode} {diameter.request ? 'request' : 'answer'} · application{' '}
        {diameter.applicationId} · hop-by-hop {diameter.hopByHop} · {diameter.length} octets
        {diameter.resultName === ''
          ? ''
          : ` · ${diameter.resultVendor === 0 ? '' : `${diameter.resultVendor}/`}${diameter.resultCode} ${diameter.resultName}`}
      </p>
      <Avps avps={diameter.avps} />
    </>
  );
}

function Avps({ avps }: { readonly avps: readonly TraceAvp[] }) {
  return (
    <ul className="avps">
      {avps.map((avp, index) => (
        <li key={`${index} ${avp.code}`}>
          <span className="avp-name">{avp.name}</span>
          <span className="avp-code">
            {avp.vendor === 0 ? '' : `${avp.vendor}/`}
            {avp.code} {avp.flags}
          </span>
          {avp.children === undefined ? <span className="avp-value">{avp.value}</span> : <Avps avps={avp.children} />}
        </li>
      ))}
    </ul>
  );
}
