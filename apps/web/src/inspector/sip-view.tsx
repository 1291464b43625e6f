import { headerRules } from '@imslab/ims-core/protocols/sip/header-registry';
import type { TraceSip } from '@imslab/ims-core/trace/event';

interface RawHeader {
  readonly name: string;
  readonly value: string;
}

/** The message's text in its three parts. Folded lines are joined to the header that they belong to. */
function split(raw: string): { start: string; headers: RawHeader[]; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const head = (end < 0 ? raw : raw.slice(0, end)).replace(/\r\n[ \t]+/g, ' ');
  const [start = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  return { start, headers, body: end < 0 ? '' : raw.slice(end + 4) };
}

function explanation(name: string): string {
  const wanted = name.toLowerCase();
  const rule = headerRules.find((entry) => entry.name.toLowerCase() === wanted || entry.compact === wanted);
  return rule === undefined ? '' : `${rule.text} (${rule.reference})`;
}

export function SipParsed({ sip }: { readonly sip: TraceSip }) {
  const { start, headers, body } = split(sip.raw);
  const changed = new Set(sip.changes.map((change) => change.name.toLowerCase()));
  return (
    <>
      <p className="start-line">{start}</p>
      <table className="headers">
        <tbody>
          {headers.map((header, index) => (
            // Header lines have no other identity than their place.
            <tr key={`${index} ${header.name}`} data-changed={changed.has(header.name.toLowerCase())}>
              <th scope="row" title={explanation(header.name)}>
                {header.name}
              </th>
              <td>{header.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {body === '' ? null : sip.sdp ? <Sdp text={body} /> : <pre className="wire">{body}</pre>}
    </>
  );
}

/** SDP lines with the m-line that begins each medium set apart (RFC 8866). */
function Sdp({ text }: { readonly text: string }) {
  return (
    <ol className="sdp" aria-label="Session description">
      {text
        .split(/\r?\n/)
        .filter((line) => line !== '')
        .map((line, index) => (
          <li key={`${index} ${line}`} data-medium={line.startsWith('m=')}>
            <span className="sdp-type">{line.slice(0, 2)}</span>
            {line.slice(2)}
          </li>
        ))}
    </ol>
  );
}

export function SipRaw({ sip }: { readonly sip: TraceSip }) {
  return <pre className="wire">{sip.raw}</pre>;
}

const signs = { add: '+', remove: '−', replace: '~' } as const;

/** What the box in front of this message did to it on its way through, and by which clause. */
export function SipChanges({ sip, box }: { readonly sip: TraceSip; readonly box: string }) {
  if (sip.changes.length === 0)
    return <p className="nothing">{box} sent this message as its own or passed it on as it was.</p>;
  return (
    <ul className="changes">
      {sip.changes.map((change, index) => (
        <li key={`${index} ${change.name}`} data-op={change.op}>
          <p>
            <span className="sign" role="img" aria-label={change.op}>
              {signs[change.op]}
            </span>
            <b>{change.name}</b> {change.why}
          </p>
          {change.before === undefined ? null : <del>{change.before}</del>}
          {change.after === undefined ? null : <ins>{change.after}</ins>}
        </li>
      ))}
    </ul>
  );
}
